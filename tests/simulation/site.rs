//! One simulated feed: what it publishes, and how its server behaves.

use std::fmt::Write as _;

use crate::chance::Chance;
use crate::clock::BEGINNING;

/// Entries that the document shows.
pub const WINDOW: usize = 15;

/// How the server of a feed behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// ETag and Last-Modified.
    Plain,
    /// Only the one, or only the other.
    EtagOnly,
    ModifiedOnly,
    /// Neither: the whole document travels each time.
    Bare,
    /// Fresh for half an hour, by max-age.
    Fresh,
    /// ttl of two hours in the document.
    Ttl,
    /// Shares a host that allows one request a minute, by 429 and Retry-After.
    Limited,
    /// One answer in ten is a 500.
    Flaky,
    /// Every third day from six to nine: 503 with Retry-After of an hour.
    Busy,
    /// Has no address, ever.
    Dead,
    /// Cannot be reached from the fourth to the seventh day.
    Absent,
    /// Moves for good on the third day.
    Moving,
    /// 410 from the fifth day on.
    Gone,
    /// 404 on the third and fourth day.
    Lost,
    /// Its page of maintenance with status 200, on the sixth day.
    Maintained,
    /// A wall against robots, always.
    Walled,
}

/// What a hundred feeds are, in this order.
const MIX: [(Manner, u32); 16] = [
    (Manner::Plain, 44),
    (Manner::EtagOnly, 8),
    (Manner::ModifiedOnly, 10),
    (Manner::Bare, 4),
    (Manner::Fresh, 8),
    (Manner::Ttl, 4),
    (Manner::Limited, 4),
    (Manner::Flaky, 4),
    (Manner::Busy, 2),
    (Manner::Dead, 2),
    (Manner::Absent, 2),
    (Manner::Moving, 2),
    (Manner::Gone, 2),
    (Manner::Lost, 2),
    (Manner::Maintained, 1),
    (Manner::Walled, 1),
];

/// Entries a day, and how many feeds of a thousand have so many: most of the web is quiet.
const RATES: [(f64, u32); 4] = [(40.0, 6), (3.0, 36), (0.5, 166), (0.05, 1000)];

#[derive(Debug)]
pub struct Site {
    pub number: u32,
    pub manner: Manner,
    /// Entries a day.
    pub rate: f64,
    /// When entries come out: seconds from the beginning, in order. Some are older than the world.
    pub entries: Vec<i64>,
}

impl Site {
    pub fn new(number: u32, days: u32, chance: &mut Chance) -> Self {
        let manner = pick(&MIX, number * 37 % 100);
        let rate = pick(&RATES, u32::try_from(chance.next() % 1000).unwrap_or(0));
        // Half of the feeds sleep at night, each in its own time zone; the lively ones publish at any time.
        let sleeps = rate < 10.0 && chance.share() < 0.5;
        let zone = chance.share() * 24.0;
        let end = f64::from(days) * 86_400.0;
        let mut entries = Vec::new();
        let mut at = -10.0 / rate * 86_400.0;
        while at < end {
            at += chance.wait(rate);
            let hour = (at / 3600.0 + zone).rem_euclid(24.0);
            if at < end && !(sleeps && hour < 9.0) {
                #[expect(clippy::cast_possible_truncation, reason = "a time in seconds")]
                entries.push(at as i64);
            }
        }
        Self {
            number,
            manner,
            rate,
            entries,
        }
    }

    pub fn host(&self) -> String {
        match self.manner {
            Manner::Limited => "limited.example".to_owned(),
            _ => format!("site{}.example", self.number),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/feed/{}", self.host(), self.number)
    }

    /// Where it moves to.
    pub fn later_url(&self) -> String {
        format!("http://new-{}/feed/{}", self.host(), self.number)
    }

    /// Entries out by then.
    pub fn out(&self, at: i64) -> usize {
        self.entries.partition_point(|entry| *entry <= at)
    }

    /// When the document was last changed.
    pub fn changed(&self, at: i64) -> i64 {
        let last = self.out(at).checked_sub(1);
        last.and_then(|last| self.entries.get(last))
            .copied()
            .unwrap_or(-1_000_000)
    }

    pub fn guid(&self, index: usize) -> String {
        format!("{}-{index}", self.number)
    }

    /// The document as of then.
    pub fn document(&self, at: i64) -> String {
        let out = self.out(at);
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel><title>Site {}</title><link>http://{}/</link>",
            self.number,
            self.host()
        );
        if self.manner == Manner::Ttl {
            text.push_str("<ttl>120</ttl>");
        }
        for index in (out.saturating_sub(WINDOW)..out).rev() {
            let published = self.entries.get(index).copied().unwrap_or(0) + BEGINNING.secs();
            let date = httpdate::fmt_http_date(
                std::time::UNIX_EPOCH + std::time::Duration::from_secs(published.unsigned_abs()),
            );
            let mut words = Chance::new(u64::from(self.number) << 32 | index as u64);
            write!(
                text,
                "<item><guid isPermaLink=\"false\">{}</guid><title>Entry {index} of {}</title><link>http://{}/{index}</link><pubDate>{date}</pubDate><description>",
                self.guid(index), self.number, self.host()
            )
            .expect("written");
            for _ in 0..12 {
                write!(text, "w{:x} ", words.next() % 100_000).expect("written");
            }
            text.push_str("</description></item>");
        }
        text.push_str("</channel></rss>");
        text
    }
}

fn pick<T: Copy>(mix: &[(T, u32)], mut place: u32) -> T {
    for (what, count) in mix {
        if place < *count {
            return *what;
        }
        place -= count;
    }
    mix.last().expect("a mix").0
}
