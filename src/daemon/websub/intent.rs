//! What a hub asks when it calls (W3C WebSub §5.2, §5.3): whether we mean it.

use url::form_urlencoded;

use crate::model::{Subscription, SubscriptionState};

/// A hub's question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Intent {
    mode: String,
    topic: String,
    challenge: String,
    lease: Option<u64>,
    reason: String,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// Yes, we subscribe: for so many seconds, where the hub says so.
    Subscribe {
        challenge: String,
        lease: Option<u64>,
    },
    /// Yes, we leave.
    Leave { challenge: String },
    /// We have taken note that the hub does not want us.
    Denied { reason: String },
    /// We have asked for nothing of the kind.
    No,
}

impl Intent {
    /// From the query of the hub's request.
    pub(super) fn read(query: &str) -> Self {
        let mut intent = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "hub.mode" => intent.mode = value.into_owned(),
                "hub.topic" => intent.topic = value.into_owned(),
                "hub.challenge" => intent.challenge = value.into_owned(),
                "hub.lease_seconds" => intent.lease = value.parse().ok(),
                "hub.reason" => intent.reason = value.into_owned(),
                _ => {}
            }
        }
        intent
    }

    /// Whether it is what the subscription wants.
    pub(super) fn judge(self, subscription: &Subscription) -> Reply {
        let leaving = subscription.state == SubscriptionState::Leaving;
        let challenged = !self.challenge.is_empty();
        if self.topic != subscription.topic {
            return Reply::No;
        }
        match self.mode.as_str() {
            "subscribe" if challenged && !leaving && !subscription.removed => Reply::Subscribe {
                challenge: self.challenge,
                lease: self.lease,
            },
            "unsubscribe" if challenged && leaving => Reply::Leave {
                challenge: self.challenge,
            },
            "denied" if !leaving => Reply::Denied {
                reason: self.reason,
            },
            _ => Reply::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FeedId;

    fn subscription(state: SubscriptionState) -> Subscription {
        Subscription {
            feed: FeedId(1),
            feed_url: String::new(),
            hub: String::new(),
            topic: "https://a.example/feed?a=1".to_owned(),
            state,
            token: None,
            secret: None,
            networks: Vec::new(),
            failures: 0,
            removed: false,
            listed_under: FeedId(1),
            pages_compared: 0,
            pages_added: 0,
            polls: 0,
        }
    }

    #[test]
    fn only_what_we_have_asked_for_is_confirmed() {
        use SubscriptionState::{Active, Asked, Leaving};
        const TOPIC: &str = "hub.topic=https%3A%2F%2Fa.example%2Ffeed%3Fa%3D1";
        let yes = |lease| Reply::Subscribe {
            challenge: "c d".to_owned(),
            lease,
        };
        let left = Reply::Leave {
            challenge: "c d".to_owned(),
        };
        let denied = Reply::Denied {
            reason: "no".to_owned(),
        };
        for (state, query, expected) in [
            (
                Asked,
                "hub.mode=subscribe&hub.challenge=c+d&hub.lease_seconds=60",
                yes(Some(60)),
            ),
            (Active, "hub.mode=subscribe&hub.challenge=c%20d", yes(None)),
            (Asked, "hub.mode=subscribe", Reply::No),
            (Leaving, "hub.mode=subscribe&hub.challenge=c", Reply::No),
            (Leaving, "hub.mode=unsubscribe&hub.challenge=c+d", left),
            (Active, "hub.mode=unsubscribe&hub.challenge=c", Reply::No),
            (Asked, "hub.mode=denied&hub.reason=no", denied),
            (Asked, "hub.mode=frobnicate&hub.challenge=c", Reply::No),
        ] {
            let intent = Intent::read(&format!("{query}&{TOPIC}"));
            assert_eq!(intent.judge(&subscription(state)), expected, "{query}");
            let other = Intent::read(&format!("{query}&hub.topic=https://b.example/"));
            assert_eq!(other.judge(&subscription(state)), Reply::No, "{query}");
        }
    }
}
