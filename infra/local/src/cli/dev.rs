//! `portico dev`: runs Portico on this machine.

use super::{Done, Stop, log, print};
use clap::Args;
use portico_google::{GoogleSettings, ISSUER};
use portico_keys::Secret;
use portico_local::{Data, LocalServer, Options, access::Access};
use portico_webhook::schedule::Patience;
use serde_json::json;
use std::{net::SocketAddr, path::PathBuf};

#[derive(Args)]
pub(crate) struct Dev {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:7400")]
    listen: SocketAddr,
    /// Where to keep the data.
    #[arg(
        long,
        default_value = "data",
        value_name = "DIR",
        conflicts_with = "memory"
    )]
    data: PathBuf,
    /// Keep the data in memory: they end with the process.
    #[arg(long)]
    memory: bool,
    /// Begin without the example clients.
    #[arg(long)]
    no_examples: bool,
    /// Print one line of JSON when ready, for scripts.
    #[arg(long)]
    json: bool,
    /// The id under which Google knows this installation, for signing in with it.
    #[arg(
        long,
        env = "PORTICO_GOOGLE_CLIENT_ID",
        requires = "google_client_secret"
    )]
    google_client_id: Option<String>,
    /// The secret that goes with it.
    #[arg(
        long,
        env = "PORTICO_GOOGLE_CLIENT_SECRET",
        hide_env_values = true,
        requires = "google_client_id"
    )]
    google_client_secret: Option<String>,
    /// How long to wait after each attempt of a webhook that failed, such as
    /// 5s,30s,5m; twelve attempts in about 100 hours unless set.
    #[arg(long, env = "PORTICO_WEBHOOK_RETRIES", value_name = "WAITS")]
    webhook_retries: Option<String>,
    /// For how many days an endpoint may fail before it is disabled; 5 unless
    /// set.
    #[arg(long, env = "PORTICO_WEBHOOK_DAYS_UNTIL_DISABLED", value_name = "DAYS")]
    webhook_days_until_disabled: Option<String>,
}

impl Dev {
    pub(crate) async fn run(self) -> Done {
        log::start();
        let data = if self.memory {
            Data::Memory
        } else {
            Data::Directory(self.data)
        };
        let mut stop = Stop::new()?;
        let patience = Patience::read(
            self.webhook_retries.as_deref(),
            self.webhook_days_until_disabled.as_deref(),
        )?;
        let server = LocalServer::start(Options {
            listen: self.listen,
            data,
            examples: !self.no_examples,
            is_time_frozen: false,
            driven_from: None,
            are_clocks_right: true,
            google: self.google_client_id.map(|client_id| GoogleSettings {
                issuer: ISSUER.to_owned(),
                client_id,
                client_secret: self.google_client_secret.map(Secret::new),
            }),
            patience,
        })
        .await?;
        let access = Access {
            url: server.url.clone(),
            api_key: server.api_key.clone(),
        };
        // Without it everything works, only that commands have to be told the key.
        let _file = access.publish().inspect_err(
            |error| tracing::warn!(%error, "other commands will not find this server's key"),
        );
        let set_up_url = server.set_up_url().await?;
        print(&if self.json {
            line(&server, set_up_url.as_deref())
        } else {
            map(&server, set_up_url.as_deref())
        })?;
        tokio::select! {
            () = server.run() => {}
            () = stop.wait() => {}
        }
        Ok(())
    }
}

fn line(server: &LocalServer, set_up_url: Option<&str>) -> String {
    let url = &server.url;
    json!({
        "url": url,
        "workspaceId": server.workspace_id,
        "apiKey": server.api_key,
        "mail": format!("{url}/_dev/mail"),
        "hooks": format!("{url}/_dev/hooks"),
        "setUpUrl": set_up_url,
    })
    .to_string()
}

fn map(server: &LocalServer, set_up_url: Option<&str>) -> String {
    let LocalServer {
        url,
        api_key,
        workspace_id,
        ..
    } = server;
    let team = match set_up_url {
        Some(link) => format!("Set up the admin  {link}"),
        None => format!("Team sign-in     {url}/w/{workspace_id}/sign-in?team=true"),
    };
    format!(
        "\n  Portico is ready.\n
  API              {url}/v1
  API reference    {url}/reference
  Mail inbox       {url}/_dev/mail
  Webhook tester   {url}/_dev/hooks
  Workspace        {workspace_id}
  Admin key        {api_key}
  {team}\n
  Try it:\n
  curl -H 'X-API-KEY: {api_key}' {url}/v1/clients\n
  Ctrl-C stops it.\n"
    )
}
