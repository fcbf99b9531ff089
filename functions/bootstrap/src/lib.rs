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

/// Every function that answers callers.
pub fn functions() -> Vec<Function> {
    [
        portico_clients::FUNCTIONS,
        portico_companies::FUNCTIONS,
        portico_invitations::FUNCTIONS,
        portico_webhook_endpoints::FUNCTIONS,
        portico_webhook_deliveries::FUNCTIONS,
        portico_events::FUNCTIONS,
        portico_workspaces::FUNCTIONS,
        portico_sign_in::FUNCTIONS,
        portico_portal::FUNCTIONS,
        portico_site::FUNCTIONS,
    ]
    .concat()
}

/// Every function that events wake.
pub const TRIGGERS: &[Trigger] = &[
    portico_dispatcher::TRIGGER,
    portico_mailer::TRIGGER,
    portico_deliverer::TRIGGER,
    portico_recoverer::TRIGGER,
    portico_detacher::TRIGGER,
    portico_expirer::TRIGGER,
    portico_sweeper::TRIGGER,
];
