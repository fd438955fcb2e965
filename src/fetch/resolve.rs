//! Names to addresses, without those that the guard denies.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};

use super::guard::{Networks, is_allowed};

/// Where names are looked up: the system, or a double in tests of the guard.
pub trait LookUp: Send + Sync + fmt::Debug {
    /// All addresses of a name.
    fn look_up(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver, on threads of its own: a name whose servers are silent keeps one for half a
/// minute, and neither parsing nor reading the database waits for that.
#[derive(Debug)]
pub struct System {
    /// Taken when it is dropped.
    threads: Option<Runtime>,
}

impl System {
    /// A resolver that looks up to `most` names up at a time.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn new(most: usize) -> io::Result<Self> {
        let threads = Builder::new_current_thread()
            .max_blocking_threads(most.max(1))
            .build()?;
        Ok(Self {
            threads: Some(threads),
        })
    }
}

impl LookUp for System {
    fn look_up(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let look = move || {
            let found = (name.as_str(), 0).to_socket_addrs()?;
            Ok(found.map(|address| address.ip()).collect())
        };
        let looking = self
            .threads
            .as_ref()
            .map(|threads| threads.spawn_blocking(look));
        Box::pin(async move {
            match looking {
                Some(looking) => looking.await.map_err(io::Error::other)?,
                None => Ok(Vec::new()),
            }
        })
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // Nobody waits for a name that is still being looked up.
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

/// Why a name gave no address that may be asked.
#[derive(Debug, Error)]
pub enum ResolveError {
    #[error("{name} cannot be resolved: {source}")]
    Unknown { name: String, source: io::Error },
    #[error("{name} resolves to {address}, which is private or reserved")]
    Blocked { name: String, address: IpAddr },
    #[error("{0} has no address")]
    Nothing(String),
}

/// The hook in the HTTP client. Addresses that are denied are left out; a name with none left is refused.
#[derive(Debug, Clone)]
pub struct Guarded {
    pub look_up: Arc<dyn LookUp>,
    pub networks: Networks,
}

impl Guarded {
    /// The addresses of a name that may be asked.
    ///
    /// # Errors
    /// When there is none.
    pub async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let found = self.look_up.look_up(name.to_owned()).await;
        let found = found.map_err(|source| ResolveError::Unknown {
            name: name.to_owned(),
            source,
        })?;
        let (allowed, denied): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|address| is_allowed(*address, &self.networks));
        match (allowed.is_empty(), denied.first()) {
            (false, _) => Ok(allowed),
            (true, Some(address)) => Err(ResolveError::Blocked {
                name: name.to_owned(),
                address: *address,
            }),
            (true, None) => Err(ResolveError::Nothing(name.to_owned())),
        }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let addresses = this.addresses(name.as_str()).await?;
            let sockets: Addrs = Box::new(
                addresses
                    .into_iter()
                    .map(|address| SocketAddr::new(address, 0)),
            );
            Ok(sockets)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name server that gives every name these addresses.
    #[derive(Debug)]
    struct Fixed(&'static [&'static str]);

    impl LookUp for Fixed {
        fn look_up(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            let read = |text: &&str| text.parse().map_err(io::Error::other);
            let addresses = self.0.iter().map(read).collect();
            Box::pin(async move { addresses })
        }
    }

    #[tokio::test]
    async fn of_several_addresses_only_the_public_and_the_allowed_are_left() {
        let guarded = Guarded {
            look_up: Arc::new(Fixed(&[
                "10.0.0.1",
                "::ffff:10.0.0.1",
                "64:ff9b::a00:1",
                "127.0.0.1",
                "8.8.8.8",
                "2a00::1",
            ])),
            networks: Networks::parse(["127.0.0.0/8"]).expect("networks"),
        };
        let left = guarded.addresses("mixed.example").await.expect("some");
        let left: Vec<String> = left.iter().map(ToString::to_string).collect();
        assert_eq!(left, ["127.0.0.1", "8.8.8.8", "2a00::1"]);
    }
}
