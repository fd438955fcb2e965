//! What lies inside: private addresses, and who may ask them.

use reqwest::Url;

use super::guard::is_allowed;
use super::resolve::ResolveError;
use super::{Fetcher, Networks, Stop, UrlVerdict, check_url, is_public};
use crate::model::FailureKind;

impl Fetcher {
    /// Whether a URL may be asked, its port included.
    ///
    /// # Errors
    /// Why it may not.
    pub(super) async fn guard(&self, url: &Url, networks: &Networks) -> Result<(), Stop> {
        let verdict =
            check_url(url, networks).map_err(|(kind, detail)| Stop::new(kind, &detail))?;
        if verdict == UrlVerdict::Allowed {
            return Ok(());
        }
        match self.is_inside(url, networks).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let port = url.port_or_known_default().unwrap_or_default();
                let detail = format!("port {port} is only for allow_networks");
                Err(Stop::new(FailureKind::BlockedAddress, &detail))
            }
            Err(error) => Err(Stop::new(FailureKind::Dns, &error.to_string())),
        }
    }

    /// The private addresses of a URL's host, as networks of one address each: what somebody who types
    /// the URL has allowed by typing it. Empty for a public host.
    pub async fn typed(&self, url: &Url) -> Networks {
        let addresses = match url.host() {
            Some(url::Host::Ipv4(address)) => vec![address.into()],
            Some(url::Host::Ipv6(address)) => vec![address.into()],
            Some(url::Host::Domain(name)) => self
                .look_up
                .look_up(name.to_owned())
                .await
                .unwrap_or_default(),
            None => Vec::new(),
        };
        addresses
            .into_iter()
            .filter(|address| !is_public(*address))
            .collect()
    }

    /// Whether every address of the URL's host that may be asked lies in the networks.
    ///
    /// # Errors
    /// When its name cannot be looked up: then nothing is known of where it lies.
    pub async fn is_inside(&self, url: &Url, networks: &Networks) -> Result<bool, ResolveError> {
        if networks.is_empty() {
            return Ok(false);
        }
        Ok(match url.host() {
            Some(url::Host::Ipv4(address)) => networks.contains(address.into()),
            Some(url::Host::Ipv6(address)) => networks.contains(address.into()),
            Some(url::Host::Domain(name)) => {
                let found = self.look_up.look_up(name.to_owned()).await;
                let mut addresses = found.map_err(|source| ResolveError::Unknown {
                    name: name.to_owned(),
                    source,
                })?;
                // What may not be asked at all will not be: "localhost" is often ::1 as well.
                addresses.retain(|address| is_allowed(*address, networks));
                !addresses.is_empty() && addresses.iter().all(|address| networks.contains(*address))
            }
            None => false,
        })
    }
}
