//! Which addresses may be asked: the guard against being turned on our own network.
//!
//! The decision is pure, and is made three times: on the first URL, on every hop of
//! a redirect (both by [`check_url`], since IP literals never reach a resolver), and
//! on every address that a name resolves to (by [`is_allowed`], in the resolver).
//!
//! The denied ranges are those of the IANA special-purpose registries (RFC 6890).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

use crate::model::FailureKind;

/// Ports that may be asked without being configured.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Networks that an operator has allowed for one feed although they are private.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Networks(Arc<[IpNet]>);

impl Networks {
    /// Reads networks like `10.0.0.0/8` or single addresses.
    ///
    /// # Errors
    /// The first text that is neither.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let read = |text: &'a str| {
            IpNet::from_str(text)
                .or_else(|_| IpAddr::from_str(text).map(IpNet::from))
                .map_err(|_| text.to_owned())
        };
        texts
            .into_iter()
            .map(read)
            .collect::<Result<Arc<[IpNet]>, _>>()
            .map(Self)
    }

    /// True when nothing is allowed beyond the rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address lies in one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromIterator<IpAddr> for Networks {
    /// Networks of one address each.
    fn from_iter<I: IntoIterator<Item = IpAddr>>(addresses: I) -> Self {
        Self(addresses.into_iter().map(IpNet::from).collect())
    }
}

impl fmt::Display for Networks {
    /// As a list in TOML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(ToString::to_string))
            .finish()
    }
}

/// What is known of a URL before any name is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlVerdict {
    Allowed,
    /// The port is not one of the usual ones: every address of the name must lie in an allowed network.
    OnlyInside,
}

/// Whether a URL may be asked, as far as it can be told without resolving its name.
///
/// # Errors
/// [`FailureKind::BadUrl`] for other schemes and URLs without a host,
/// [`FailureKind::BlockedAddress`] for denied literals and ports.
pub fn check_url(url: &Url, networks: &Networks) -> Result<UrlVerdict, (FailureKind, String)> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err((
            FailureKind::BadUrl,
            format!("the scheme {} is not http or https", url.scheme()),
        ));
    }
    let host = url
        .host()
        .ok_or_else(|| (FailureKind::BadUrl, "the address names no host".to_owned()))?;
    let usual_port = url
        .port_or_known_default()
        .is_some_and(|port| PORTS.contains(&port));
    let literal = match host {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    };
    let Some(address) = literal else {
        return match (usual_port, networks.is_empty()) {
            (true, _) => Ok(UrlVerdict::Allowed),
            (false, false) => Ok(UrlVerdict::OnlyInside),
            (false, true) => Err(blocked_port(url)),
        };
    };
    if networks.contains(address) {
        Ok(UrlVerdict::Allowed)
    } else if !is_public(address) {
        Err((
            FailureKind::BlockedAddress,
            format!("{address} is private or reserved; allow_networks of the feed can allow it"),
        ))
    } else if usual_port {
        Ok(UrlVerdict::Allowed)
    } else {
        Err(blocked_port(url))
    }
}

fn blocked_port(url: &Url) -> (FailureKind, String) {
    let port = url.port_or_known_default().unwrap_or_default();
    (
        FailureKind::BlockedAddress,
        format!("port {port} is not one of 80, 443, 8080, 8443"),
    )
}

/// Whether an address that a name resolved to may be asked.
#[must_use]
pub fn is_allowed(address: IpAddr, networks: &Networks) -> bool {
    networks.contains(address) || is_public(address)
}

/// An address of the public Internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

const DENIED_V4: [Ipv4Net; 14] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 3),
];

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !DENIED_V4.iter().any(|network| network.contains(&address))
}

const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);
const DENIED_V6: [Ipv6Net; 3] = [v6(0x2001, 0, 23), v6(0x2001, 0xdb8, 32), v6(0x3fff, 0, 20)];
/// NAT64 (RFC 6052): the last 32 bits are an IPv4 address.
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 96);
/// 6to4 (RFC 3056): bits 16 to 48 are an IPv4 address.
const SIX_TO_FOUR: Ipv6Net = v6(0x2002, 0, 16);

const fn v6(first: u16, second: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), prefix)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [_, b, c, _, _, _, g, h] = address.segments();
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    if NAT64.contains(&address) {
        return is_public_v4(embedded(g, h));
    }
    if SIX_TO_FOUR.contains(&address) {
        return is_public_v4(embedded(b, c));
    }
    GLOBAL_V6.contains(&address) && !DENIED_V6.iter().any(|network| network.contains(&address))
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(url: &str, networks: &[&str]) -> Result<UrlVerdict, FailureKind> {
        let networks = Networks::parse(networks.iter().copied()).expect("networks");
        check_url(&Url::parse(url).expect("a URL"), &networks).map_err(|(kind, _)| kind)
    }

    #[test]
    fn every_notation_of_a_private_address_is_blocked() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://0/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
            "http://[fc00::1]/",
            "http://[2001:db8::1]/",
            "http://[::]/",
            "http://10.1.2.3/",
            "http://172.31.255.255/",
            "http://192.168.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.100.100.200/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://198.19.0.1/",
            "http://192.0.2.7/",
        ] {
            assert_eq!(verdict(url, &[]), Err(FailureKind::BlockedAddress), "{url}");
        }
    }

    #[test]
    fn public_addresses_and_names_are_allowed_on_the_usual_ports_only() {
        for url in [
            "http://example.org/",
            "https://example.org:8443/",
            "http://8.8.8.8/",
            "http://[2a00::1]/",
            "http://[2002:808:808::1]/",
            "http://[64:ff9b::8.8.8.8]/",
        ] {
            assert_eq!(verdict(url, &[]), Ok(UrlVerdict::Allowed), "{url}");
        }
        for url in ["http://example.org:22/", "http://8.8.8.8:6379/"] {
            assert_eq!(verdict(url, &[]), Err(FailureKind::BlockedAddress), "{url}");
        }
        for url in [
            "ftp://example.org/",
            "file:///etc/passwd",
            "data:text/plain,x",
        ] {
            assert_eq!(verdict(url, &[]), Err(FailureKind::BadUrl), "{url}");
        }
    }

    #[test]
    fn an_allowed_network_lifts_address_and_port_rule_inside_and_nowhere_else() {
        let allowed = ["127.0.0.0/16", "fd00::/8", "192.168.7.7"];
        for url in [
            "http://127.0.0.1:9999/",
            "http://[fd00::1]/",
            "http://192.168.7.7:81/",
            "http://[::ffff:127.0.0.1]:9/",
        ] {
            assert_eq!(verdict(url, &allowed), Ok(UrlVerdict::Allowed), "{url}");
        }
        for url in [
            "http://127.9.9.9/",
            "http://192.168.7.8/",
            "http://8.8.8.8:9999/",
        ] {
            assert_eq!(
                verdict(url, &allowed),
                Err(FailureKind::BlockedAddress),
                "{url}"
            );
        }
        assert_eq!(
            verdict("http://localhost:9999/", &allowed),
            Ok(UrlVerdict::OnlyInside)
        );
        assert_eq!(
            Networks::parse(["10.0.0.0/33"]),
            Err("10.0.0.0/33".to_owned())
        );
    }
}
