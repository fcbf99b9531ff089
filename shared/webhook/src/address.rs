//! Which addresses the public internet routes, and so a webhook may reach.
//!
//! The ranges are those of the IANA special-purpose registries for IPv4
//! (RFC 6890) and IPv6, whole, and the cloud addresses that look public but
//! are not. What a registry calls globally reachable is refused too: it is
//! anycast, which leads to whatever listens nearest, and nobody's receiver.
//! An unknown IPv6 range is refused: only global unicast is let through, so an
//! address that comes into use late or is spelled oddly fails safely.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the public internet routes this address.
///
/// IPv4 embedded in IPv6 is judged as IPv4 where the address is only another
/// notation for it (`::ffff:0:0/96`) or is translated to it (`64:ff9b::/96`).
/// Other embeddings (IPv4-compatible, 6to4, Teredo) are refused whatever they
/// embed.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(embedded) => is_public_v4(embedded),
            None => is_public_v6(ip),
        },
    }
}

const REFUSED_V4: [(Ipv4Addr, u32); 19] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Azure answers here with its platform services, in every virtual network.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // Name servers for private zones (AS112), by anycast; also 192.175.48.0/24.
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    // Relays for multicast (AMT), by anycast.
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

const REFUSED_V6: [(Ipv6Addr, u32); 5] = [
    // Teredo is in here. So are IANA's exceptions, which stay refused: they
    // are anycast to the nearest router (port control, TURN) or no locators at
    // all (ORCHID), and nobody's receiver listens there.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    // AS112 again.
    (Ipv6Addr::new(0x2620, 0x004f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x0064, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let within = |(network, length): &(Ipv4Addr, u32)| {
        (ip.to_bits() ^ network.to_bits()) >> (u32::BITS - length) == 0
    };
    !REFUSED_V4.iter().any(within)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    within_v6(ip, &GLOBAL_UNICAST) && !REFUSED_V6.iter().any(|range| within_v6(ip, range))
}

fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let translated = || {
        let [.., a, b, c, d] = ip.octets();
        within_v6(ip, &NAT64).then_some(Ipv4Addr::new(a, b, c, d))
    };
    ip.to_ipv4_mapped().or_else(translated)
}

fn within_v6(ip: Ipv6Addr, (network, length): &(Ipv6Addr, u32)) -> bool {
    (ip.to_bits() ^ network.to_bits()) >> (u128::BITS - length) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The last address before a range, its two ends, and the first after it.
    /// A dash stands for a neighbour that another row covers.
    const RANGES_V4: &str = "
        -               0.0.0.0       0.255.255.255   1.0.0.0
        9.255.255.255   10.0.0.0      10.255.255.255  11.0.0.0
        100.63.255.255  100.64.0.0    100.127.255.255 100.128.0.0
        126.255.255.255 127.0.0.0     127.255.255.255 128.0.0.0
        168.63.129.15   168.63.129.16 168.63.129.16   168.63.129.17
        169.253.255.255 169.254.0.0   169.254.255.255 169.255.0.0
        172.15.255.255  172.16.0.0    172.31.255.255  172.32.0.0
        191.255.255.255 192.0.0.0     192.0.0.255     192.0.1.0
        192.0.1.255     192.0.2.0     192.0.2.255     192.0.3.0
        192.31.195.255  192.31.196.0  192.31.196.255  192.31.197.0
        192.52.192.255  192.52.193.0  192.52.193.255  192.52.194.0
        192.88.98.255   192.88.99.0   192.88.99.255   192.88.100.0
        192.167.255.255 192.168.0.0   192.168.255.255 192.169.0.0
        192.175.47.255  192.175.48.0  192.175.48.255  192.175.49.0
        198.17.255.255  198.18.0.0    198.19.255.255  198.20.0.0
        198.51.99.255   198.51.100.0  198.51.100.255  198.51.101.0
        203.0.112.255   203.0.113.0   203.0.113.255   203.0.114.0
        223.255.255.255 224.0.0.0     239.255.255.255 -
        -               240.0.0.0     255.255.255.255 -
    ";

    const RANGES_V6: &str = "
        -                                       ::          1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2000::
        2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001::      2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff  2001:200::
        2001:db7:ffff:ffff:ffff:ffff:ffff:ffff  2001:db8::  2001:db8:ffff:ffff:ffff:ffff:ffff:ffff  2001:db9::
        2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2002::      2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003::
        2620:4f:7fff:ffff:ffff:ffff:ffff:ffff   2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff 2620:4f:8001::
        3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff::      3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff  3fff:1000::
        3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 4000::      ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff -
    ";

    fn judge(ip: &str) -> bool {
        is_public(ip.parse().unwrap())
    }

    fn each_row(table: &str, check: impl Fn(&str, bool)) -> usize {
        let rows = table.lines().filter(|line| !line.trim().is_empty());
        rows.inspect(|row| {
            let mut cells = row
                .split_whitespace()
                .filter_map(|cell| Some(cell).filter(|cell| *cell != "-").or(Some("")));
            for expected in [true, false, false, true] {
                let cell = cells.next().unwrap();
                if !cell.is_empty() {
                    check(cell, expected);
                }
            }
        })
        .count()
    }

    #[test]
    fn every_ipv4_range_is_refused_from_its_first_to_its_last_address() {
        let rows = each_row(RANGES_V4, |ip, expected| {
            assert_eq!(judge(ip), expected, "{ip}");
        });
        assert_eq!(rows, REFUSED_V4.len());
    }

    #[test]
    fn every_ipv6_range_is_refused_from_its_first_to_its_last_address() {
        let rows = each_row(RANGES_V6, |ip, expected| {
            assert_eq!(judge(ip), expected, "{ip}");
        });
        // What lies below and above global unicast makes two rows.
        assert_eq!(rows, REFUSED_V6.len() + 2);
    }

    #[test]
    fn embedded_ipv4_is_judged_as_ipv4() {
        for prefix in ["::ffff:", "64:ff9b::"] {
            let rows = each_row(RANGES_V4, |ip, expected| {
                assert_eq!(judge(&format!("{prefix}{ip}")), expected, "{prefix}{ip}");
            });
            assert_eq!(rows, REFUSED_V4.len());
        }
    }

    #[test]
    fn other_embeddings_of_a_public_ipv4_are_refused() {
        let embeddings = [
            "::8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::1:8.8.8.8",
            "64:ff9b:1::8.8.8.8",
            "2002:808:808::1",
            "2001::808:808",
        ];
        for ip in embeddings {
            assert!(!judge(ip), "{ip}");
        }
    }

    #[test]
    fn what_attackers_ask_for_is_refused() {
        let wanted = [
            "169.254.169.254",
            "169.254.170.2",
            "fd00:ec2::254",
            "::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fe80::1",
            "fc00::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "100::1",
            "2001:1::1",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
        ];
        for ip in wanted {
            assert!(!judge(ip), "{ip}");
        }
    }

    #[test]
    fn ordinary_servers_are_public() {
        for ip in [
            "1.1.1.1",
            "8.8.8.8",
            "52.95.110.1",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(judge(ip), "{ip}");
        }
    }

    proptest! {
        #[test]
        fn what_std_calls_special_is_never_public(bits: u32) {
            let ip = Ipv4Addr::from_bits(bits);
            let special = ip.is_private() || ip.is_loopback() || ip.is_link_local()
                || ip.is_multicast() || ip.is_broadcast() || ip.is_documentation()
                || ip.is_unspecified();
            prop_assert!(!(special && is_public(ip.into())));
        }

        #[test]
        fn mapping_never_changes_the_answer(bits: u32) {
            let ip = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(is_public(ip.into()), is_public(ip.to_ipv6_mapped().into()));
        }
    }
}
