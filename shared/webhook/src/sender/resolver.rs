//! From a host to the addresses that the policy allows.
//!
//! Every lookup has a resolver of its own, which reads what the system says of
//! its name servers and is dropped with the lookup. So nothing is remembered:
//! no answer outlives its attempt, whatever its time to live, and a machine
//! that changes its network is followed. Neither a hosts file nor a search
//! domain is asked, because both make names mean something else than what the
//! public sees in them.
//!
//! An answer that is late, forged, endless or in a loop ends in a failure like
//! a name that does not exist. Answers are at most 64 KiB, by DNS.

use super::Failure;
use crate::target::Policy;
use hickory_resolver::{
    TokioResolver,
    config::{LookupIpStrategy, ResolveHosts, ResolverConfig, ResolverOpts},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::Name,
    system_conf::read_system_conf,
};
use std::{net::IpAddr, time::Duration};
use url::Host;

#[cfg(any(test, feature = "local"))]
use hickory_resolver::config::{ConnectionConfig, NameServerConfig};

// A lost datagram is sent again within it. Some name servers answer for IPv4
// and never for IPv6: more than half of the deadline for a connection is left
// when that is known.
const QUERY_DEADLINE: Duration = Duration::from_secs(2);

/// Who is asked for addresses.
#[derive(Clone, Copy, Debug)]
pub(super) enum NameServers {
    /// Those of the system.
    System,
    /// This one alone, over UDP and TCP.
    #[cfg(any(test, feature = "local"))]
    Only(std::net::SocketAddr),
}

/// Every address behind the host, in the order to try them.
///
/// One address that the policy refuses refuses the host, so that an answer
/// cannot hide a bad address among good ones.
pub(super) async fn addresses(
    name_servers: NameServers,
    policy: &Policy,
    host: Host<&str>,
) -> Result<Vec<IpAddr>, Failure> {
    let found = match host {
        Host::Ipv4(ip) => vec![ip.into()],
        Host::Ipv6(ip) => vec![ip.into()],
        Host::Domain(name) => lookup(name_servers, name).await.map_err(|_| Failure::Dns)?,
    };
    if found.is_empty() {
        Err(Failure::Dns)
    } else if found.iter().all(|ip| policy.allows(*ip)) {
        Ok(found)
    } else {
        Err(Failure::RefusedTarget)
    }
}

async fn lookup(name_servers: NameServers, name: &str) -> Result<Vec<IpAddr>, NetError> {
    let mut name = Name::from_ascii(name)?;
    name.set_fqdn(true);
    let found = resolver(name_servers)?.lookup_ip(name).await?;
    Ok(found.iter().collect())
}

fn resolver(name_servers: NameServers) -> Result<TokioResolver, NetError> {
    let servers = match name_servers {
        NameServers::System => read_system_conf()?.0.name_servers,
        #[cfg(any(test, feature = "local"))]
        NameServers::Only(server) => vec![only(server)],
    };
    // Without the system's search domains.
    let config = ResolverConfig::from_name_servers(servers);
    let provider = TokioRuntimeProvider::default();
    let mut builder = TokioResolver::builder_with_config(config, provider);
    restrict(builder.options_mut());
    builder.build()
}

#[cfg(any(test, feature = "local"))]
fn only(server: std::net::SocketAddr) -> NameServerConfig {
    let at_port = |mut connection: ConnectionConfig| {
        connection.port = server.port();
        connection
    };
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    NameServerConfig::new(server.ip(), true, connections.map(at_port).into())
}

fn restrict(options: &mut ResolverOpts) {
    options.timeout = QUERY_DEADLINE;
    // The next attempt asks again.
    options.attempts = 0;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    // Lambda has no route over IPv6 unless it is given one.
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
}
