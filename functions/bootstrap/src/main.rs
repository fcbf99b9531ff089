//! The entry point in Lambda: reads the environment, makes the [`App`] and
//! hands events to the one function that this is.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use futures_util::future::try_join_all;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use portico_app::{App, Clock, Grant, Trigger};
use portico_bootstrap::{TRIGGERS, aws_config, config, config::Config, functions};
use portico_crm::Adapters;
use portico_domain::{ApiKeyId, ClientId, IdSource, Time, WorkspaceId};
use portico_files::{FileError, Files};
use portico_google::Google;
use portico_keys::Keyring;
use portico_mail::Mail;
use portico_queue::{Queue, Queues};
use portico_store::{Index, Store};
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

// One event at a time on less than a core has no use for a second thread, and
// with one thread an answer is never in a caller's hands before its connection
// is back in the pool: the next call would open another.
#[tokio::main(flavor = "current_thread")]
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
    let refused = config.domains();
    let policy = refused.fold(Policy::public(), Policy::refusing);
    let clock = Clock::new(Time::system_now);
    Ok(App {
        store: Store::new(&aws, &config.table, clock.clone()),
        queues: Queues::new(&aws, config.queues.clone()),
        mail: Mail::new(&aws, config.mail.clone()),
        files: Files::new(&aws, &config.bucket),
        sender: Sender::new(policy, concat!("Portico/", env!("CARGO_PKG_VERSION")))?,
        patience: config.patience.clone(),
        adapters: Adapters::new(),
        google: config.google.clone().map(Google::new),
        keys,
        base_url: config.base_url.clone(),
        clock,
        ids: IdSource::new(),
    })
}

/// Opens the connections that the function's grants are for, to the table as
/// many as it has calls under way at once. Its start has a whole core whatever
/// its memory, so handshakes are quick there. What fails here will fail for the
/// first caller too, who is told.
async fn open_connections(app: &App, grants: &[Grant], at_once: usize) {
    tokio::join!(
        async {
            let each = (0..at_once).map(|_| ask_the_table(app, grants));
            if let Err(error) = try_join_all(each).await {
                tracing::warn!(?error, "the table did not answer at the start");
            }
        },
        async {
            let is_granted = |queue: &Queue| grants.contains(&Grant::wake(*queue));
            if let Some(queue) = Queue::ALL.into_iter().find(is_granted) {
                app.queues.open_connection(queue).await;
            }
        },
        async {
            if grants.contains(&Grant::SEND_MAIL) {
                app.mail.open_connection().await;
            }
        },
        async {
            if let Err(error) = ask_for_a_file(app, grants).await {
                tracing::warn!(?error, "the files did not answer at the start");
            }
        },
    );
}

/// Asks for a key that nobody has, or for a client or the endpoints of a
/// workspace that is none.
async fn ask_the_table(app: &App, grants: &[Grant]) -> Result<(), portico_store::Error> {
    let nobody = WorkspaceId::from_bytes([0; 16]);
    if grants.contains(&Grant::BATCH_GET) {
        app.store.api_key(ApiKeyId::from_bytes([0; 16])).await?;
    } else if grants.contains(&Grant::GET) {
        let client = ClientId::from_bytes([0; 16]);
        app.store.workspace(nobody).client(client).await?;
    } else if grants.contains(&Grant::query(Index::Table)) {
        app.store.workspace(nobody).all_endpoints().await?;
    }
    Ok(())
}

/// Asks for a file that nobody has, or deletes it.
async fn ask_for_a_file(app: &App, grants: &[Grant]) -> Result<(), FileError> {
    const NOBODYS: &str = "nobodys";
    if grants.contains(&Grant::GET_FILE) {
        app.files.get(NOBODYS).await?;
    } else if grants.contains(&Grant::DELETE_FILE) {
        app.files.delete(NOBODYS).await?;
    }
    Ok(())
}

async fn answer(app: &App, function: &Function) -> Result<(), Error> {
    Box::pin(open_connections(app, &function.grants(), function.at_once)).await;
    run(service_fn(
        async |event: LambdaEvent<ApiGatewayV2httpRequest>| {
            Ok::<_, Error>(serve(app, function, event.payload).await)
        },
    ))
    .await
}

async fn work(app: &App, trigger: &Trigger) -> Result<(), Error> {
    Box::pin(open_connections(app, trigger.grants, trigger.at_once)).await;
    run(service_fn(async |event: LambdaEvent<Value>| {
        Ok::<_, Error>((trigger.handle)(app, event.payload).await?)
    }))
    .await
}
