//! The one binary behind every Lambda function, and the list of them all.
//!
//! Every Lambda function gets the same artefact; its environment says which
//! one it is. The local server serves the same list.

pub mod config;

use aws_config::{BehaviorVersion, SdkConfig};
use portico_app::Trigger;
use portico_web::Function;

/// How AWS is reached from here, by the environment.
pub async fn aws_config() -> SdkConfig {
    aws_config::load_defaults(BehaviorVersion::latest()).await
}

/// Routes that are deployed together, as one CloudFormation stack.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// The name of the stack, after `functions-`.
    pub name: &'static str,
    /// Its resources, each with its functions.
    pub resources: &'static [&'static [Function]],
}

impl Area {
    /// The functions of all its resources.
    pub fn functions(&self) -> Vec<Function> {
        self.resources.concat()
    }
}

/// Every route, in the stack that it is deployed with.
///
/// A resource stays where it is: two stacks cannot have a function of the same
/// name at once, so moving one to another stack takes two deployments, and its
/// routes answer nothing between them. A new resource may go anywhere that a
/// test of `infra/template` finds room for.
pub const AREAS: &[Area] = &[
    Area {
        name: "book",
        resources: &[
            portico_clients::FUNCTIONS,
            portico_companies::FUNCTIONS,
            portico_custom_fields::FUNCTIONS,
            portico_media::FUNCTIONS,
        ],
    },
    Area {
        name: "door",
        resources: &[
            portico_invitations::FUNCTIONS,
            portico_sign_in::FUNCTIONS,
            portico_portal::FUNCTIONS,
            portico_site::FUNCTIONS,
        ],
    },
    Area {
        name: "work",
        resources: &[
            portico_services::FUNCTIONS,
            portico_requests::FUNCTIONS,
            portico_invoices::FUNCTIONS,
            portico_payments::FUNCTIONS,
        ],
    },
    Area {
        name: "hooks",
        resources: &[
            portico_webhook_endpoints::FUNCTIONS,
            portico_webhook_deliveries::FUNCTIONS,
            portico_events::FUNCTIONS,
        ],
    },
    Area {
        name: "team",
        resources: &[
            portico_workspaces::FUNCTIONS,
            portico_me::FUNCTIONS,
            portico_internal_users::FUNCTIONS,
            portico_roles::FUNCTIONS,
            portico_api_keys::FUNCTIONS,
            portico_access_review::FUNCTIONS,
            portico_limits::FUNCTIONS,
            portico_audit_log::FUNCTIONS,
        ],
    },
];

/// Every function that answers callers.
pub fn functions() -> Vec<Function> {
    AREAS.iter().flat_map(Area::functions).collect()
}

/// Every function that events wake. They make a stack of their own.
pub const TRIGGERS: &[Trigger] = &[
    portico_dispatcher::TRIGGER,
    portico_mailer::TRIGGER,
    portico_mail_events::TRIGGER,
    portico_deliverer::TRIGGER,
    portico_recoverer::TRIGGER,
    portico_detacher::TRIGGER,
    portico_expirer::TRIGGER,
    portico_caretaker::TRIGGER,
    portico_sweeper::TRIGGER,
];
