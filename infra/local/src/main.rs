//! `portico`: the command line.

mod cli;

use clap::{Parser, Subcommand};
use cli::{
    Done, dev::Dev, doctor::Doctor, events::Events, index::Index, listen::Listen, print,
    trigger::Trigger,
};
use portico_domain::{Feature, Plan, RateLimit, WorkspaceId};
use portico_local::{admin::FirstAdmin, threads};
use serde_json::json;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};
use tikv_jemallocator::Jemalloc;
use tokio::runtime::Runtime;

/// The embedded table allocates much. This hands out first what was freed last,
/// which the processor still has at hand.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

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
    /// Show events as they happen, and send them on to a program on this machine.
    Listen(Listen),
    /// Make an event happen.
    Trigger(Trigger),
    /// List events, or send one again.
    #[command(subcommand)]
    Events(Events),
    /// What lists and searches show.
    #[command(subcommand)]
    Index(Index),
    /// Look at an installation in AWS, or at an account for one, and say what is wrong.
    Doctor(Doctor),
    /// What an operator does to an installation.
    #[command(subcommand)]
    Admin(Admin),
    /// The keys that sign access tokens.
    #[command(subcommand)]
    Keys(Keys),
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
    /// Make a workspace in AWS, invite its admin by mail, and print the admin's
    /// key, this once.
    Create {
        /// The table of the installation, such as portico-prod.
        #[arg(long)]
        table: String,
        /// The name of the business, as its clients read it.
        #[arg(long)]
        name: String,
        /// The e-mail address of the workspace's first admin.
        #[arg(long)]
        admin_email: String,
        /// The name of the workspace's first admin.
        #[arg(long, default_value = "Admin")]
        admin_name: String,
        /// Begin without the example clients.
        #[arg(long)]
        no_examples: bool,
    },
    /// Fill the table of a fresh installation from a table that was restored
    /// from a backup.
    Restore {
        /// The table that AWS restored, such as portico-prod-restored.
        #[arg(long)]
        from: String,
        /// The table of the fresh installation, such as portico-second.
        #[arg(long)]
        to: String,
        /// Begin anew what was cut short. Nobody must have used the
        /// installation since.
        #[arg(long)]
        again: bool,
    },
    /// Say how much of Portico a workspace may use. What is not given is not
    /// limited.
    Plan {
        /// The table of an installation in AWS, such as portico-prod.
        #[arg(long, conflicts_with = "data", requires = "workspace")]
        table: Option<String>,
        /// The data of a local server, which may be running.
        #[arg(long, default_value = "data")]
        data: PathBuf,
        /// The workspace's id; on this machine the first one unless given.
        #[arg(long)]
        workspace: Option<WorkspaceId>,
        /// What the plan is called.
        #[arg(long)]
        name: Option<String>,
        /// How many clients there may be who are not archived.
        #[arg(long)]
        clients: Option<u32>,
        /// How many requests each key may make in a minute.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        key_requests: Option<u32>,
        /// A feature that it lacks; can be given several times. A wrong one is
        /// answered with those that there are.
        #[arg(long, value_parser = feature)]
        without: Vec<Feature>,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Publish a new key, which takes over in an hour; nobody is signed out.
    Rotate {
        /// The table of an installation in AWS, such as portico-prod.
        #[arg(long, conflicts_with = "data")]
        table: Option<String>,
        /// The data of a local server, which may be running.
        #[arg(long, default_value = "data")]
        data: PathBuf,
        /// Replace every key at once, because one is in wrong hands: access
        /// tokens end now, sessions go on.
        #[arg(long)]
        now: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command.unwrap_or(Command::Dev(cli.dev))) {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads has seen enough, such as `head`.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
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

fn run(command: Command) -> Done {
    let runtime = match command {
        Command::Dev(_) => threads::runtime(),
        _ => Runtime::new(),
    };
    runtime?.block_on(perform(command))
}

async fn perform(command: Command) -> Done {
    match command {
        Command::Dev(dev) => dev.run().await,
        Command::Listen(listen) => listen.run().await,
        Command::Trigger(trigger) => trigger.run().await,
        Command::Events(events) => events.run().await,
        Command::Index(index) => index.run().await,
        Command::Doctor(doctor) => doctor.run().await,
        Command::Admin(admin) => administer(admin).await,
        Command::Keys(Keys::Rotate { table, data, now }) => {
            rotate_keys(table.as_deref(), &data, now).await
        }
        Command::Openapi => print(&portico_local::docs::openapi()),
        Command::Table => print(&portico_local::docs::table()),
        Command::Functions => print(&portico_local::docs::functions()),
        Command::Templates { directory } => write_templates(&directory),
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn administer(command: Admin) -> Done {
    match command {
        Admin::Create {
            table,
            name,
            admin_email,
            admin_name,
            no_examples,
        } => {
            let admin = FirstAdmin::new(&admin_name, &admin_email)?;
            let create = portico_local::admin::create(&table, &name, admin, !no_examples);
            let workspace = create.await?;
            let line = json!({
                "workspaceId": workspace.id,
                "adminId": workspace.admin_id,
                "apiKey": workspace.api_key.expose(),
            });
            print(&line.to_string())
        }
        Admin::Restore { from, to, again } => {
            let tell = |items| {
                let _ = writeln!(io::stderr(), "{items} items");
            };
            let items = portico_local::admin::restore(&from, &to, again, tell).await?;
            print(&json!({ "items": items }).to_string())
        }
        Admin::Plan {
            table,
            data,
            workspace,
            name,
            clients,
            key_requests,
            without,
        } => {
            let plan = Plan {
                name,
                client_limit: clients,
                key_rate: key_requests.map(|requests| RateLimit {
                    requests,
                    seconds: 60,
                }),
                without: without.into_iter().collect(),
            };
            let (workspace, counted) = match table.as_deref().zip(workspace) {
                Some((table, id)) => (id, portico_local::admin::set_plan(table, id, plan).await?),
                None => portico_local::admin::set_local_plan(&data, workspace, plan).await?,
            };
            print(&json!({ "workspaceId": workspace, "clients": counted }).to_string())
        }
    }
}

fn feature(name: &str) -> Result<Feature, String> {
    let names = Feature::ALL.iter().map(|feature| feature.name());
    let names: Vec<&str> = names.collect();
    Feature::parse(name).ok_or_else(|| format!("there are the features {}", names.join(", ")))
}

async fn rotate_keys(table: Option<&str>, data: &Path, at_once: bool) -> Done {
    let signs_from = match table {
        Some(table) => portico_local::admin::rotate_keys(table, at_once).await?,
        None => portico_local::admin::rotate_local_keys(data, at_once).await?,
    };
    print(&json!({ "signsFrom": signs_from }).to_string())
}

fn write_templates(directory: &Path) -> Done {
    let failed = |path: &Path, error: io::Error| {
        let path = path.display();
        io::Error::new(error.kind(), format!("failed to write {path}: {error}"))
    };
    fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    for (file, body) in portico_local::docs::templates() {
        let path = directory.join(file);
        fs::write(&path, format!("{body}\n")).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}
