//! Which addresses may be dialled: those that IANA lists as globally reachable, and nothing inside.
//!
//! From the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890) and, for IPv6, the rule that only 2000::/3 is
//! given out as global unicast (RFC 4291 section 2.4). Every form that hides an IPv4 address in an IPv6 one is refused,
//! whatever it hides: mapped, compatible, NAT64 (RFC 6052, RFC 8215), 6to4 and Teredo.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is to this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Anybody may be there.
    Public,
    /// Inside: only an origin that the hospital named as private may be there.
    Inside(Inside),
    /// Nothing may ever be fetched from there.
    Never(Never),
}

/// Addresses inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// 127.0.0.0/8, ::1.
    Loopback,
    /// 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918); fc00::/7 (RFC 4193).
    Private,
    /// 100.64.0.0/10 (RFC 6598).
    CarrierNat,
}

/// Addresses that no origin has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Never {
    /// This host or no host: 0.0.0.0/8, ::.
    Unspecified,
    /// 169.254.0.0/16, fe80::/10.
    LinkLocal,
    /// Where clouds tell a machine its secrets.
    Metadata,
    /// 224.0.0.0/4, ff00::/8, 255.255.255.255.
    Multicast,
    /// An IPv4 address inside an IPv6 one.
    Embedded,
    /// For documentation, benchmarks, protocols, the future, or deprecated.
    Reserved,
}

/// Networks of IPv4 by their first address and length. The first that fits decides.
const V4: [(Ipv4Addr, u32, Reach); 20] = [
    // Azure's host agent, Alibaba's metadata; Oracle's 192.0.0.192 is in 192.0.0.0/24.
    (Ipv4Addr::new(168, 63, 129, 16), 32, Reach::Never(Never::Metadata)),
    (Ipv4Addr::new(100, 100, 100, 200), 32, Reach::Never(Never::Metadata)),
    (Ipv4Addr::new(169, 254, 169, 254), 32, Reach::Never(Never::Metadata)),
    (Ipv4Addr::new(0, 0, 0, 0), 8, Reach::Never(Never::Unspecified)),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Reach::Inside(Inside::Private)),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Reach::Inside(Inside::CarrierNat)),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Reach::Inside(Inside::Loopback)),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Reach::Never(Never::LinkLocal)),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Reach::Inside(Inside::Private)),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reach::Never(Never::Reserved)),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Reach::Never(Never::Reserved)),
    (Ipv4Addr::new(192, 31, 196, 0), 24, Reach::Never(Never::Reserved)),
    (Ipv4Addr::new(192, 52, 193, 0), 24, Reach::Never(Never::Reserved)),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Reach::Never(Never::Reserved)),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Reach::Inside(Inside::Private)),
    (Ipv4Addr::new(192, 175, 48, 0), 24, Reach::Never(Never::Reserved)),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Reach::Never(Never::Reserved)),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Reach::Never(Never::Reserved)),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Reach::Never(Never::Reserved)),
    // Multicast, future use and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3, Reach::Never(Never::Multicast)),
];

/// Networks of IPv6, likewise. What none of them holds is refused, so 2000::/3 stands at the end.
const V6: [(Ipv6Addr, u32, Reach); 17] = [
    (Ipv6Addr::UNSPECIFIED, 128, Reach::Never(Never::Unspecified)),
    (Ipv6Addr::LOCALHOST, 128, Reach::Inside(Inside::Loopback)),
    // IPv4-compatible, IPv4-mapped, NAT64.
    (Ipv6Addr::UNSPECIFIED, 96, Reach::Never(Never::Embedded)),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, Reach::Never(Never::Embedded)),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, Reach::Never(Never::Embedded)),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, Reach::Never(Never::Embedded)),
    // Teredo, and 6to4.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, Reach::Never(Never::Embedded)),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Reach::Never(Never::Embedded)),
    // Protocol assignments with benchmarks and ORCHID; documentation (RFC 3849, RFC 9637); the former 6bone.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reach::Never(Never::Reserved)),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Reach::Never(Never::Reserved)),
    (Ipv6Addr::new(0x3ff0, 0, 0, 0, 0, 0, 0, 0), 12, Reach::Never(Never::Reserved)),
    // Amazon's and Google's metadata.
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32, Reach::Never(Never::Metadata)),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0), 32, Reach::Never(Never::Metadata)),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Reach::Inside(Inside::Private)),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Reach::Never(Never::LinkLocal)),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Reach::Never(Never::Multicast)),
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Reach::Public),
];

/// What this address is. An IPv6 address that no registry entry makes reachable, the former site-local ones among them, is
/// [`Never::Reserved`].
#[must_use]
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => {
            let same = |network: Ipv4Addr, length: u32| top(u32::from(network) ^ u32::from(address), length);
            let found = V4.iter().find(|(network, length, _)| same(*network, *length));
            found.map_or(Reach::Public, |(_, _, reach)| *reach)
        }
        IpAddr::V6(address) => {
            let same =
                |network: Ipv6Addr, length: u32| (u128::from(network) ^ u128::from(address)).leading_zeros() >= length;
            let found = V6.iter().find(|(network, length, _)| same(*network, *length));
            found.map_or(Reach::Never(Never::Reserved), |(_, _, reach)| *reach)
        }
    }
}

/// Whether the first bits are all equal.
fn top(difference: u32, length: u32) -> bool {
    difference.leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Reach {
        reach(text.parse().unwrap())
    }

    fn all(texts: &[&str], expected: Reach) {
        for text in texts {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn no_origin_is_where_a_cloud_tells_its_secrets() {
        let metadata =
            ["169.254.169.254", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "168.63.129.16", "100.100.100.200"];
        all(&metadata, Reach::Never(Never::Metadata));
        all(&["192.0.0.192"], Reach::Never(Never::Reserved));
    }

    #[test]
    fn an_ipv4_address_in_an_ipv6_one_is_refused_whatever_it_is() {
        let hidden = [
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "::8.8.8.8",
            "::2",
            "64:ff9b::10.0.0.1",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::a00:1",
            "64:ff9b:1:ffff::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "2001::1",
            "2001:0:7f00:1::",
        ];
        all(&hidden, Reach::Never(Never::Embedded));
    }

    #[test]
    fn what_is_inside_is_known_to_the_last_address() {
        all(&["127.0.0.1", "127.255.255.255", "::1"], Reach::Inside(Inside::Loopback));
        let private = ["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"];
        all(&private, Reach::Inside(Inside::Private));
        all(&["fc00::", "fd12:3456::1", "fdff:ffff::"], Reach::Inside(Inside::Private));
        all(&["100.64.0.0", "100.127.255.255"], Reach::Inside(Inside::CarrierNat));
    }

    #[test]
    fn what_reaches_nobody_or_everybody_is_refused() {
        all(&["0.0.0.0", "0.255.255.255", "::"], Reach::Never(Never::Unspecified));
        all(&["169.254.0.0", "169.254.255.255", "fe80::1", "febf::1"], Reach::Never(Never::LinkLocal));
        all(
            &["224.0.0.1", "239.255.255.255", "240.0.0.0", "255.255.255.255", "ff02::1"],
            Reach::Never(Never::Multicast),
        );
    }

    #[test]
    fn what_is_for_documents_tests_and_protocols_is_refused() {
        let reserved = [
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "192.88.99.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.175.48.1",
            "2001:2::1",
            "2001:10::1",
            "2001:1ff:ffff::",
            "2001:db8::1",
            "3fff::1",
            "3ffe::1",
            "fec0::1",
            "5f00::1",
            "100::1",
            "4000::",
            "1fff::",
        ];
        all(&reserved, Reach::Never(Never::Reserved));
    }

    #[test]
    fn the_neighbours_of_refused_networks_are_public() {
        let neighbours = [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2606:4700::1111",
            "2a00::1",
            "3fef:ffff::",
        ];
        all(&neighbours, Reach::Public);
    }
}
