//! Routes: one for each function that answers callers.

use crate::{Request, caller::ADMISSION};
use portico_app::Grant;
use portico_domain::{Feature, Permission};
use portico_store::Named;
use std::fmt;

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Read.
    Get,
    /// Create, or do.
    Post,
    /// Replace.
    Put,
    /// Change parts.
    Patch,
    /// Delete.
    Delete,
    /// Whatever no other route answers.
    Any,
}

impl Method {
    /// The method as requests spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Any => "ANY",
        }
    }
}

/// Who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody; what the request itself carries, such as a link's token, says
    /// what it may do.
    Public,
    /// Whoever has a key of the workspace.
    AnyKey,
    /// Whoever has a key with this permission.
    Permission(Permission),
    /// A client who is signed in to the portal.
    Client,
    /// Whoever is signed in: a client or a team member.
    Session,
}

impl Access {
    /// What letting callers in needs.
    pub(crate) const fn grants(self) -> &'static [Grant] {
        match self {
            Self::AnyKey | Self::Permission(_) => ADMISSION,
            // Handlers read sessions themselves, beside what else they read.
            Self::Public | Self::Client | Self::Session => &[],
        }
    }
}

/// What a function answers to, and who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The function's name: `<resource>-<module>`.
    pub name: &'static str,
    /// The method.
    pub method: Method,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// Older paths of the compatible API that lead here too.
    pub aliases: &'static [&'static str],
    /// Who is let in.
    pub access: Access,
    /// What the plan of the workspace must have.
    pub feature: Option<Feature>,
    /// Whether its body is a picture, which may be larger than JSON.
    pub takes_a_picture: bool,
}

impl Route {
    /// A route for reading. It answers `HEAD` too: API Gateway gets a second
    /// route for that.
    pub const fn get(name: &'static str, path: &'static str) -> Self {
        Self::new(name, Method::Get, path)
    }

    /// A route for creating and doing.
    pub const fn post(name: &'static str, path: &'static str) -> Self {
        Self::new(name, Method::Post, path)
    }

    /// A route for replacing.
    pub const fn put(name: &'static str, path: &'static str) -> Self {
        Self::new(name, Method::Put, path)
    }

    /// A route for changing parts.
    pub const fn patch(name: &'static str, path: &'static str) -> Self {
        Self::new(name, Method::Patch, path)
    }

    /// A route for deleting.
    pub const fn delete(name: &'static str, path: &'static str) -> Self {
        Self::new(name, Method::Delete, path)
    }

    /// What API Gateway sends all other requests to.
    pub const fn default(name: &'static str) -> Self {
        Self::new(name, Method::Any, "$default")
    }

    /// Lets in whoever has a key with this permission.
    pub const fn needs(mut self, permission: Permission) -> Self {
        self.access = Access::Permission(permission);
        self
    }

    /// Lets in whoever has a key of the workspace.
    pub const fn needs_a_key(mut self) -> Self {
        self.access = Access::AnyKey;
        self
    }

    /// Lets in clients who are signed in to the portal.
    pub const fn needs_a_client(mut self) -> Self {
        self.access = Access::Client;
        self
    }

    /// Lets in whoever is signed in: a client or a team member.
    pub const fn needs_a_session(mut self) -> Self {
        self.access = Access::Session;
        self
    }

    /// Only where the plan of the workspace has this.
    pub const fn part_of(mut self, feature: Feature) -> Self {
        self.feature = Some(feature);
        self
    }

    /// Reads a picture for its body.
    pub const fn with_a_picture(mut self) -> Self {
        self.takes_a_picture = true;
        self
    }

    /// Answers at these older paths too.
    pub const fn also_at(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// What this request names, mostly by its path, to be read together with the
    /// caller. Only routes that do read it are here.
    pub(crate) fn named(&self, request: &Request) -> Option<Named> {
        let mut pieces = self.path.trim_start_matches("/v1/").split('/');
        let (resource, is_one) = (pieces.next()?, pieces.next() == Some("{id}"));
        match resource {
            "workspaces" if self.method != Method::Get => return Some(Named::Workspace),
            "custom-fields" => return Some(Named::CustomFields),
            // Whoever bills something counts on from there.
            "invoices" if !is_one && self.method == Method::Post => {
                return Some(Named::InvoicesNumbered);
            }
            // The event behind which a list begins.
            "events" if !is_one && self.method == Method::Get => {
                let after = request.query("after")?.parse().ok()?;
                return Some(Named::Event(after));
            }
            _ if !is_one => return None,
            _ => {}
        }
        // What is not the form of an id names nothing, and is refused later.
        let id = request.path("id").parse().ok()?;
        match resource {
            "clients" => Some(Named::Client(id)),
            "companies" => Some(Named::Company(id)),
            "invitations" => Some(Named::Invitation(id)),
            "webhook-endpoints" => Some(Named::Endpoint(id)),
            "webhook-deliveries" => Some(Named::Delivery(id)),
            "webhook-recoveries" => Some(Named::Recovery(id)),
            "events" => Some(Named::Event(id)),
            "internal-users" => Some(Named::InternalUser(id)),
            "requests" => Some(Named::Request(id)),
            "services" => Some(Named::Service(id)),
            "invoices" => Some(Named::Invoice(id)),
            "roles" => Some(Named::Role(id)),
            "api-keys" => Some(Named::ApiKey(id)),
            "audit-log" => Some(Named::AuditEntry(id)),
            _ => None,
        }
    }

    /// Every route key that leads here, as API Gateway spells it.
    pub fn keys(&self) -> Vec<String> {
        let methods: &[&str] = match self.method {
            Method::Any => return vec![self.path.to_owned()],
            Method::Get => &["GET", "HEAD"],
            only => &[only.name()],
        };
        let paths = std::iter::once(&self.path).chain(self.aliases);
        paths
            .flat_map(|path| methods.iter().map(move |method| format!("{method} {path}")))
            .collect()
    }

    /// Whether requests of this method come here.
    pub fn answers(&self, method: &str) -> bool {
        match self.method {
            Method::Any => true,
            Method::Get => method == "GET" || method == "HEAD",
            only => only.name() == method,
        }
    }

    const fn new(name: &'static str, method: Method, path: &'static str) -> Self {
        Self {
            name,
            method,
            path,
            aliases: &[],
            access: Access::Public,
            feature: None,
            takes_a_picture: false,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.method {
            Method::Any => f.write_str(self.path),
            only => write!(f, "{} {}", only.name(), self.path),
        }
    }
}
