//! Where settings may lead.

use portico_domain::Invalid;
use url::{Host, Url};

/// Where settings may lead. Nothing but the constructors of
/// [`Adapters`](crate::Adapters) decides this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Vendors,
    // Absent from what is deployed, so that no mistake there can choose it.
    #[cfg(any(test, feature = "local"))]
    Loopback,
}

impl Reach {
    /// The URL in `field`, if it is `https` without a port and a host that the
    /// vendor answers at, or a stand-in on loopback where those are allowed.
    pub(crate) fn vet(
        self,
        field: &str,
        text: &str,
        is_vendor: impl Fn(&str) -> bool,
        expected: &str,
    ) -> Result<Url, Invalid> {
        let refused = || Invalid::new(field, "url_refused", format!("{field} is {expected}"));
        let url = Url::parse(text).map_err(|_| refused())?;
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let host = url.host_str().unwrap_or_default();
        let is_theirs = url.scheme() == "https" && url.port().is_none() && is_vendor(host);
        if is_bare && (is_theirs || self.is_stand_in(&url)) {
            Ok(url)
        } else {
            Err(refused())
        }
    }

    fn is_stand_in(self, url: &Url) -> bool {
        let is_loopback = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(_)) | None => false,
        };
        self.allows_stand_ins() && is_loopback
    }

    /// Whether settings may name a stand-in.
    pub(crate) fn allows_stand_ins(self) -> bool {
        match self {
            Self::Vendors => false,
            #[cfg(any(test, feature = "local"))]
            Self::Loopback => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_vendor_is_reached_unless_stand_ins_are_allowed() {
        let is_allowed = |reach: Reach, url| {
            reach
                .vet("url", url, |host| host == "v.example", "it")
                .is_ok()
        };
        for (url, vendors, local) in [
            ("https://v.example/", true, true),
            ("http://v.example/", false, false),
            ("https://v.example:8443/", false, false),
            ("https://user@v.example/", false, false),
            ("https://v.example/?a=b", false, false),
            ("https://v.example.evil.example/", false, false),
            ("http://127.0.0.1:4000/", false, true),
            ("http://[::1]:4000/", false, true),
            ("http://10.0.0.1/", false, false),
            ("nothing", false, false),
        ] {
            assert_eq!(is_allowed(Reach::Vendors, url), vendors, "{url}");
            assert_eq!(is_allowed(Reach::Loopback, url), local, "{url}");
        }
    }
}
