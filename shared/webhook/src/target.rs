//! Where a webhook may go, decided from its URL alone.
//!
//! The same check runs when an endpoint is created and before every attempt,
//! so a rule that is tightened later also holds for URLs stored before. What a
//! name resolves to is judged by the sender at each attempt: a name that
//! pointed at a public address yesterday gets no credit for it today.

use crate::address;
use std::net::IpAddr;
use url::{Host, ParseError, Url};

/// The longest URL that is accepted, in bytes, as given and as sent.
pub const MAX_URL_LENGTH: usize = 2048;

const PUBLIC_PORTS: [u16; 2] = [443, 8443];

// Names that never leave the machine or the local network (RFC 6761, RFC 6762
// and the top-level domain that ICANN reserved for private use in 2024).
const LOCAL_DOMAINS: [&str; 3] = ["localhost", "local", "internal"];

/// The targets that a deployment allows.
///
/// Nothing but the constructors decides this: no setting and no variable can
/// widen a policy that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    reach: Reach,
    own_domains: Vec<String>,
}

/// Why a URL is no target for webhooks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is longer than [`MAX_URL_LENGTH`].
    #[error("the URL must be at most 2048 characters long")]
    TooLong,
    /// It is no absolute URL.
    #[error("the URL is not valid: {0}")]
    Malformed(ParseError),
    /// Its scheme is not allowed.
    #[error("the URL must start with https://")]
    Scheme,
    /// It carries a user name or a password.
    #[error("the URL must not contain a user name or password")]
    UserInfo,
    /// It carries a fragment, which no request can send.
    #[error("the URL must not contain a fragment (#)")]
    Fragment,
    /// It names no host.
    #[error("the URL must name a host")]
    NoHost,
    /// Its host name ends with a dot.
    #[error("the host name must not end with a dot")]
    TrailingDot,
    /// Its host name is local by definition, or one of our own.
    #[error("the host name must be one that the public internet resolves to your server")]
    RefusedHost,
    /// Its host is an address that the public internet does not route.
    #[error("the host must not be a private or reserved address")]
    RefusedAddress,
    /// It names this port, which is not allowed.
    #[error("the port must be 443 or 8443, not {0}")]
    Port(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Public,
    // Absent from what is deployed, so that no mistake there can choose it.
    #[cfg(any(test, feature = "local"))]
    Loopback,
}

impl Policy {
    /// What is deployed: https on port 443 or 8443, to public addresses.
    pub fn public() -> Self {
        Self {
            reach: Reach::Public,
            own_domains: Vec::new(),
        }
    }

    /// For `cargo run` and tests: also http, any port and loopback, but still
    /// no private network.
    #[cfg(any(test, feature = "local"))]
    pub fn local() -> Self {
        Self {
            reach: Reach::Loopback,
            own_domains: Vec::new(),
        }
    }

    /// Also refuses this domain and everything under it, such as the one that
    /// the product itself answers at.
    #[must_use]
    pub fn refusing(mut self, domain: &str) -> Self {
        let domain = domain.trim_matches('.').to_ascii_lowercase();
        self.own_domains.push(domain);
        self
    }

    /// Parses the URL and says the first reason against it, if any.
    ///
    /// The answer is normalised (decimal, octal and hexadecimal addresses are
    /// spelled out, international names are in ASCII) and is what to store and
    /// to call.
    pub fn vet(&self, url: &str) -> Result<Url, TargetError> {
        if url.len() > MAX_URL_LENGTH {
            return Err(TargetError::TooLong);
        }
        let url = Url::parse(url).map_err(|error| match error {
            ParseError::EmptyHost => TargetError::NoHost,
            other => TargetError::Malformed(other),
        })?;
        self.vet_scheme(&url)?;
        if url.as_str().len() > MAX_URL_LENGTH {
            return Err(TargetError::TooLong);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        self.vet_host(&url)?;
        self.vet_port(&url)?;
        Ok(url)
    }

    /// Whether a connection to this address is allowed.
    pub fn allows(&self, ip: IpAddr) -> bool {
        address::is_public(ip) || (self.is_local() && ip.to_canonical().is_loopback())
    }

    /// Whether http and loopback are allowed.
    pub(crate) fn is_local(&self) -> bool {
        match self.reach {
            Reach::Public => false,
            #[cfg(any(test, feature = "local"))]
            Reach::Loopback => true,
        }
    }

    fn vet_scheme(&self, url: &Url) -> Result<(), TargetError> {
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.is_local() => Ok(()),
            _ => Err(TargetError::Scheme),
        }
    }

    fn vet_host(&self, url: &Url) -> Result<(), TargetError> {
        let ip = match url.host().ok_or(TargetError::NoHost)? {
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
            Host::Domain(name) => return self.vet_name(name),
        };
        if self.allows(ip) {
            Ok(())
        } else {
            Err(TargetError::RefusedAddress)
        }
    }

    fn vet_name(&self, name: &str) -> Result<(), TargetError> {
        if name.ends_with('.') {
            return Err(TargetError::TrailingDot);
        }
        if self.is_local() && name == "localhost" {
            return Ok(());
        }
        let own = self.own_domains.iter().map(String::as_str);
        if LOCAL_DOMAINS
            .into_iter()
            .chain(own)
            .any(|domain| is_under(name, domain))
        {
            return Err(TargetError::RefusedHost);
        }
        Ok(())
    }

    fn vet_port(&self, url: &Url) -> Result<(), TargetError> {
        match url.port_or_known_default() {
            Some(port) if PUBLIC_PORTS.contains(&port) || self.is_local() => Ok(()),
            Some(port) => Err(TargetError::Port(port)),
            None => Err(TargetError::Scheme),
        }
    }
}

fn is_under(name: &str, domain: &str) -> bool {
    let above = name.strip_suffix(domain);
    above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(policy: &Policy, url: &str) -> Option<TargetError> {
        policy.vet(url).err()
    }

    #[test]
    fn ordinary_https_urls_are_accepted_and_normalised() {
        let accepted = [
            (
                "https://example.com/hook?a=b",
                "https://example.com/hook?a=b",
            ),
            ("https://EXAMPLE.com", "https://example.com/"),
            ("https://example.com:443/", "https://example.com/"),
            ("https://example.com:8443/", "https://example.com:8443/"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("https://134744072/", "https://8.8.8.8/"),
            ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
            ("https://notlocalhost/", "https://notlocalhost/"),
            ("https://local.example.com/", "https://local.example.com/"),
        ];
        for (url, normal) in accepted {
            assert_eq!(Policy::public().vet(url).unwrap().as_str(), normal);
        }
    }

    #[test]
    fn every_reason_is_told_apart() {
        let refused = [
            (
                "example.com/hook",
                TargetError::Malformed(ParseError::RelativeUrlWithoutBase),
            ),
            (
                "https://a b/",
                TargetError::Malformed(ParseError::IdnaError),
            ),
            (
                "https://1.2.3.4.5/",
                TargetError::Malformed(ParseError::InvalidIpv4Address),
            ),
            (
                "https://example.com:99999/",
                TargetError::Malformed(ParseError::InvalidPort),
            ),
            ("http://example.com/", TargetError::Scheme),
            ("ftp://example.com/", TargetError::Scheme),
            ("file:///etc/passwd", TargetError::Scheme),
            ("mailto:a@example.com", TargetError::Scheme),
            ("https://user@example.com/", TargetError::UserInfo),
            ("https://:secret@example.com/", TargetError::UserInfo),
            ("https://example.com/#part", TargetError::Fragment),
            ("https://example.com/#", TargetError::Fragment),
            ("https://", TargetError::NoHost),
            ("https://?a", TargetError::NoHost),
            ("https://example.com./", TargetError::TrailingDot),
            ("https://example.com:80/", TargetError::Port(80)),
            ("https://example.com:22/", TargetError::Port(22)),
            ("https://example.com:0/", TargetError::Port(0)),
        ];
        for (url, reason) in refused {
            assert_eq!(refusal(&Policy::public(), url), Some(reason), "{url}");
        }
    }

    #[test]
    fn local_names_are_refused_however_they_are_spelled() {
        let names = [
            "localhost",
            "LOCALHOST",
            "l%6fcalhost",
            "ｌｏｃａｌｈｏｓｔ",
            "hooks.localhost",
            "local",
            "printer.local",
            "internal",
            "metadata.google.internal",
            "ip-10-0-0-1.ec2.internal",
        ];
        for name in names {
            let reason = refusal(&Policy::public(), &format!("https://{name}/"));
            assert_eq!(reason, Some(TargetError::RefusedHost), "{name}");
            let dotted = refusal(&Policy::public(), &format!("https://{name}./"));
            assert_eq!(dotted, Some(TargetError::TrailingDot), "{name}.");
        }
    }

    #[test]
    fn private_addresses_are_refused_in_every_notation() {
        let hosts = [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "2130706433",
            "017700000001",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.01",
            "①②⑦.0.0.1",
            "0",
            "10.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b::10.0.0.1]",
            "[fd00:ec2::254]",
        ];
        for host in hosts {
            let reason = refusal(&Policy::public(), &format!("https://{host}/"));
            assert_eq!(reason, Some(TargetError::RefusedAddress), "{host}");
        }
    }

    #[test]
    fn a_url_may_be_2048_characters_long_also_once_escaped() {
        let url = |length: usize| format!("https://example.com/{}", "a".repeat(length - 20));
        assert_eq!(refusal(&Policy::public(), &url(2048)), None);
        assert_eq!(
            refusal(&Policy::public(), &url(2049)),
            Some(TargetError::TooLong)
        );
        let escaped = format!("https://example.com/{}", "ü".repeat(700));
        assert_eq!(
            refusal(&Policy::public(), &escaped),
            Some(TargetError::TooLong)
        );
    }

    #[test]
    fn our_own_domains_are_refused_once_named() {
        let policy = Policy::public().refusing("Portico.example.");
        for host in [
            "portico.example",
            "api.portico.example",
            "API.Portico.Example",
        ] {
            let reason = refusal(&policy, &format!("https://{host}/"));
            assert_eq!(reason, Some(TargetError::RefusedHost), "{host}");
        }
        assert_eq!(refusal(&policy, "https://notportico.example/"), None);
    }

    #[test]
    fn the_local_policy_adds_http_ports_and_loopback_and_nothing_else() {
        let accepted = [
            "http://127.0.0.1:9000/hook",
            "http://localhost:3000/",
            "http://[::1]:80/",
            "https://127.8.8.8/",
            "http://example.com/",
        ];
        for url in accepted {
            assert_eq!(refusal(&Policy::local(), url), None, "{url}");
        }
        let refused = [
            ("http://10.0.0.1/", TargetError::RefusedAddress),
            ("http://192.168.1.1/", TargetError::RefusedAddress),
            ("http://169.254.169.254/", TargetError::RefusedAddress),
            ("http://0.0.0.0/", TargetError::RefusedAddress),
            ("http://printer.local/", TargetError::RefusedHost),
            ("http://a@localhost/", TargetError::UserInfo),
            ("ftp://localhost/", TargetError::Scheme),
        ];
        for (url, reason) in refused {
            assert_eq!(refusal(&Policy::local(), url), Some(reason), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_panic(url in "(https://)?.{0,60}") {
            let _ = Policy::public().vet(&url);
        }

        #[test]
        fn what_is_accepted_is_accepted_again_unchanged(
            url in "https?://[a-z0-9.@:%\\[\\]-]{1,30}(:[0-9]{1,5})?(/[ -~]{0,20})?",
        ) {
            if let Ok(vetted) = Policy::public().vet(&url) {
                prop_assert_eq!(Policy::public().vet(vetted.as_str()), Ok(vetted));
            }
        }

        #[test]
        fn an_address_is_accepted_exactly_if_it_is_public(bits: u32) {
            let ip = std::net::Ipv4Addr::from_bits(bits);
            for url in [format!("https://{ip}/"), format!("https://{bits}/"), format!("https://{bits:#x}/")] {
                prop_assert_eq!(Policy::public().vet(&url).is_ok(), address::is_public(ip.into()));
            }
        }
    }
}
