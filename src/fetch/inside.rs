//! What lies inside: private addresses, and who may ask them.

use reqwest::Url;

use super::guard::is_allowed;
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
        if verdict == UrlVerdict::OnlyInside && !self.is_inside(url, networks).await {
            let detail = format!(
                "port {} is only for allow_networks",
                url.port_or_known_default().unwrap_or_default()
            );
            return Err(Stop::new(FailureKind::BlockedAddress, &detail));
        }
        Ok(())
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
    pub async fn is_inside(&self, url: &Url, networks: &Networks) -> bool {
        if networks.is_empty() {
            return false;
        }
        match url.host() {
            Some(url::Host::Ipv4(address)) => networks.contains(address.into()),
            Some(url::Host::Ipv6(address)) => networks.contains(address.into()),
            Some(url::Host::Domain(name)) => {
                let mut addresses = self
                    .look_up
                    .look_up(name.to_owned())
                    .await
                    .unwrap_or_default();
                // What may not be asked at all will not be: "localhost" is often ::1 as well.
                addresses.retain(|address| is_allowed(*address, networks));
                !addresses.is_empty() && addresses.iter().all(|address| networks.contains(*address))
            }
            None => false,
        }
    }
}
