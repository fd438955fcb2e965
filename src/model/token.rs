//! Closed sets whose members have a stable token for the store and words for people.

/// An enum of such members: `Name = "token", "words";`.
macro_rules! tokens {
    ($(#[$about:meta])* $set:ident { $($(#[$doc:meta])* $name:ident = $token:literal, $words:literal;)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $set {
            $($(#[$doc])* $name,)*
        }

        impl $set {
            /// Every member there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word that the store uses.
            #[must_use]
            pub const fn token(self) -> &'static str {
                match self { $(Self::$name => $token,)* }
            }

            /// For somebody who has never heard of it.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }

            /// The member of a stored token.
            #[must_use]
            pub fn from_token(token: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|member| member.token() == token)
            }
        }
    };
}

pub(crate) use tokens;
