//! The entry point in Lambda: reads the environment, makes the [`App`] and
//! hands events to the one function that this is.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use portico_app::{App, Clock, Grant, Trigger};
use portico_bootstrap::{TRIGGERS, aws_config, config, config::Config, functions};
use portico_crm::Adapters;
use portico_domain::{ApiKeyId, IdSource, Time};
use portico_keys::Keyring;
use portico_mail::Mail;
use portico_queue::Queues;
use portico_store::Store;
use portico_web::{Function, serve};
use portico_webhook::{Policy, Sender};
use serde_json::Value;
use std::env;
use tracing_subscriber::EnvFilter;

// In Lambda the runtime's control API listens on loopback. Only `cargo run` may
// reach that, and a build of the whole workspace turns its feature on here too:
// fit for tests, not for what is deployed.
#[cfg(not(debug_assertions))]
const _: () = assert!(
    !portico_webhook::IS_LOCAL_POSSIBLE,
    "a release build of the functions must not be able to send webhooks to loopback: \
     build it alone, with `-p portico-bootstrap`"
);

#[tokio::main]
async fn main() -> Result<(), Error> {
    // The resolver would tell the names that it looks up.
    let usual = "info,hickory=off";
    let level = EnvFilter::try_from_env("PORTICO_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    // CloudWatch stamps the time.
    tracing_subscriber::fmt()
        .json()
        .without_time()
        .with_env_filter(level)
        .init();
    let variable = |name: &str| env::var(name).ok();
    let config = Config::read(variable)?;
    let keys = Keyring::new(&config::root_key(variable)?)?;
    // The keys make it large.
    let app = Box::pin(app(&config, keys)).await?;
    let functions = functions();
    let function = functions
        .iter()
        .find(|function| function.route.name == config.function);
    let trigger = TRIGGERS
        .iter()
        .find(|trigger| trigger.name == config.function);
    match (function, trigger) {
        (Some(function), _) => answer(&app, function).await,
        (None, Some(trigger)) => work(&app, trigger).await,
        (None, None) => Err(format!("there is no function {:?}", config.function).into()),
    }
}

async fn app(config: &Config, keys: Keyring) -> Result<App, Error> {
    let aws = aws_config().await;
    Ok(App {
        store: Store::new(&aws, &config.table),
        queues: Queues::new(&aws, config.queues.clone()),
        mail: Mail::new(&aws, config.mail.clone()),
        sender: Sender::new(
            Policy::public().refusing(&config.domain()),
            concat!("Portico/", env!("CARGO_PKG_VERSION")),
        )?,
        adapters: Adapters::new(),
        keys,
        base_url: config.base_url.clone(),
        clock: Clock::new(Time::system_now),
        ids: IdSource::new(),
    })
}

/// Asks the table for a key that nobody has. A function's start has a whole
/// core whatever its memory, so the handshake with DynamoDB is quick there. What
/// fails here will fail for the first caller too, who is told.
async fn open_connection(app: &App, grants: &[Grant]) {
    if !grants.contains(&Grant::GET) {
        return;
    }
    let nobody = ApiKeyId::from_bytes([0; 16]);
    if let Err(error) = app.store.api_key(nobody).await {
        tracing::warn!(?error, "the table did not answer at the start");
    }
}

async fn answer(app: &App, function: &Function) -> Result<(), Error> {
    open_connection(app, function.grants).await;
    run(service_fn(
        async |event: LambdaEvent<ApiGatewayV2httpRequest>| {
            Ok::<_, Error>(serve(app, function, event.payload).await)
        },
    ))
    .await
}

async fn work(app: &App, trigger: &Trigger) -> Result<(), Error> {
    open_connection(app, trigger.grants).await;
    run(service_fn(async |event: LambdaEvent<Value>| {
        Ok::<_, Error>((trigger.handle)(app, event.payload).await?)
    }))
    .await
}
