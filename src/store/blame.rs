//! Which other programs stand in the way of a database, as the kernel knows it.
//!
//! SQLite locks bytes of the database and of its `-shm` file; Linux lists all locks with the process
//! that holds them. Where there is no such list, nobody is named.

use std::path::Path;

use super::open::beside;

/// The byte of the `-shm` file that whoever writes to the log has locked (SQLite, "WAL-mode File Format").
const WRITER: u64 = 120;
/// Those of which a reader has locked one, for as long as it needs what the log has at that place.
const READERS: std::ops::RangeInclusive<u64> = 123..=127;
/// The first byte of the database that is locked by whoever writes to it without a log.
const PENDING: u64 = 0x4000_0000;

/// Other programs that keep this process from writing, such as "sqlite3 (process 4711)".
pub(super) fn writers(path: &Path) -> Vec<String> {
    let mut found = holders(&beside(path, "-shm"), |lock| {
        lock.is_write && lock.covers(WRITER)
    });
    found.extend(holders(path, |lock| lock.is_write && lock.covers(PENDING)));
    named(found)
}

/// Other programs that keep the write-ahead log from being shortened.
pub(super) fn readers(path: &Path) -> Vec<String> {
    named(holders(&beside(path, "-shm"), |lock| {
        READERS.clone().any(|byte| lock.covers(byte))
    }))
}

/// A line of /proc/locks.
#[derive(Debug, PartialEq, Eq)]
struct Lock<'a> {
    process: u32,
    /// Device and inode, as in `fe:00:11640951`.
    file: &'a str,
    is_write: bool,
    first: u64,
    last: u64,
}

impl<'a> Lock<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace().skip(1);
        if words.next()? != "POSIX" {
            return None;
        }
        let is_write = words.nth(1)? == "WRITE";
        Some(Self {
            process: words.next()?.parse().ok()?,
            file: words.next()?,
            is_write,
            first: words.next()?.parse().ok()?,
            last: words.next().map(|last| last.parse().unwrap_or(u64::MAX))?,
        })
    }

    fn covers(&self, byte: u64) -> bool {
        (self.first..=self.last).contains(&byte)
    }
}

fn holders(path: &Path, is_meant: impl Fn(&Lock<'_>) -> bool) -> Vec<u32> {
    let (Ok(locks), Some(file)) = (std::fs::read_to_string("/proc/locks"), identity(path)) else {
        return Vec::new();
    };
    locks
        .lines()
        .filter_map(Lock::read)
        .filter(|lock| lock.file == file && lock.process != std::process::id() && is_meant(lock))
        .map(|lock| lock.process)
        .collect()
}

/// How /proc/locks calls a file.
fn identity(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let data = std::fs::metadata(path).ok()?;
    let (major, minor) = (rustix::fs::major(data.dev()), rustix::fs::minor(data.dev()));
    Some(format!("{major:02x}:{minor:02x}:{}", data.ino()))
}

fn named(mut processes: Vec<u32>) -> Vec<String> {
    processes.sort_unstable();
    processes.dedup();
    let name = |process: &u32| {
        let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
        format!("{} (process {process})", name.trim())
    };
    processes.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_kernel_are_read() {
        for (line, expected) in [
            (
                "2: POSIX  ADVISORY  WRITE 20878 fe:00:11640951 120 120",
                Some((20878, "fe:00:11640951", true, 120, 120)),
            ),
            (
                "7: POSIX  ADVISORY  READ 9 08:01:5 0 EOF",
                Some((9, "08:01:5", false, 0, u64::MAX)),
            ),
            ("3: FLOCK  ADVISORY  WRITE 22036 fe:00:11403885 0 EOF", None),
            (
                "2: -> POSIX  ADVISORY  WRITE 20878 fe:00:11640951 120 120",
                None,
            ),
            ("", None),
        ] {
            let read = Lock::read(line).map(|lock| {
                (
                    lock.process,
                    lock.file,
                    lock.is_write,
                    lock.first,
                    lock.last,
                )
            });
            assert_eq!(read, expected, "{line}");
        }
    }
}
