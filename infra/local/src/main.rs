//! `portico`: the command line.

use clap::{Args, Parser, Subcommand};
use portico_local::{Data, LocalServer, Options};
use serde_json::json;
use std::{
    fs,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;

/// The client book and front door of a service business.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    dev: Dev,
}

#[derive(Subcommand)]
enum Command {
    /// Run Portico on this machine (what happens without a command).
    Dev(Dev),
    /// What an operator does to an installation in AWS.
    #[command(subcommand)]
    Admin(Admin),
    /// Print the OpenAPI document.
    Openapi,
    /// Print the access patterns of the table.
    Table,
    /// Print every function with its source and grants.
    Functions,
    /// Write the CloudFormation templates into a directory.
    Templates {
        /// The directory.
        directory: PathBuf,
    },
}

#[derive(Subcommand)]
enum Admin {
    /// Make a workspace and print its admin's key, this once.
    Create {
        /// The table of the installation, such as portico-prod.
        #[arg(long)]
        table: String,
        /// The name of the business, as its clients read it.
        #[arg(long)]
        name: String,
    },
}

#[derive(Args)]
struct Dev {
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
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None => dev(cli.dev).await,
        Some(Command::Dev(dev_options)) => dev(dev_options).await,
        Some(Command::Admin(Admin::Create { table, name })) => {
            create_workspace(&table, &name).await
        }
        Some(Command::Openapi) => print(&portico_local::docs::openapi()),
        Some(Command::Table) => print(&portico_local::docs::table()),
        Some(Command::Functions) => print(&portico_local::docs::functions()),
        Some(Command::Templates { directory }) => write_templates(&directory),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut message = format!("portico: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                message = format!("{message}: {error}");
                cause = error.source();
            }
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}

async fn dev(options: Dev) -> Result<(), Box<dyn std::error::Error>> {
    let level = EnvFilter::try_from_env("PORTICO_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,dynoxide=off"));
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(level)
        .init();
    let data = if options.memory {
        Data::Memory
    } else {
        Data::Directory(options.data)
    };
    let server = LocalServer::start(Options {
        listen: options.listen,
        data,
        examples: !options.no_examples,
        is_time_frozen: false,
        driven_from: None,
    })
    .await?;
    print(&if options.json {
        line(&server)
    } else {
        map(&server)
    })?;
    tokio::select! {
        () = server.run() => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    Ok(())
}

async fn create_workspace(table: &str, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let workspace = portico_local::admin::create(table, name).await?;
    let line = json!({ "workspaceId": workspace.id, "apiKey": workspace.api_key.expose() });
    print(&line.to_string())
}

fn write_templates(directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
    fs::create_dir_all(directory)?;
    for (file, body) in portico_local::docs::templates() {
        fs::write(directory.join(file), format!("{body}\n"))?;
    }
    Ok(())
}

fn print(text: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

fn line(server: &LocalServer) -> String {
    let url = &server.url;
    json!({
        "url": url,
        "workspaceId": server.workspace_id,
        "apiKey": server.api_key,
        "mail": format!("{url}/_dev/mail"),
        "hooks": format!("{url}/_dev/hooks"),
    })
    .to_string()
}

fn map(server: &LocalServer) -> String {
    let LocalServer {
        url,
        api_key,
        workspace_id,
        ..
    } = server;
    format!(
        "\n  Portico is ready.\n
  API              {url}/v1
  API reference    {url}/reference
  Mail inbox       {url}/_dev/mail
  Webhook tester   {url}/_dev/hooks
  Workspace        {workspace_id}
  Admin key        {api_key}\n
  Try it:\n
  curl -H 'X-API-KEY: {api_key}' {url}/v1/clients\n
  Ctrl-C stops it.\n"
    )
}
