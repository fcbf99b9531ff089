//! The server: everything put together.

use crate::{
    aws::Aws,
    clock::MovableClock,
    dev,
    embedded::EmbeddedError,
    gateway::{self, Routes},
    hooks::{self, Hooks},
    index,
    install::{driven_since, open},
    mailbox::{self, Mailbox},
    pump::{QueuePump, Runner, SchedulePump, StreamPump, queue_of},
    s3,
    seed::{SeedError, add_admin, seed, set_up_url},
    sqs::{QueueSpec, Queues},
    state::{State, StateError},
};
use axum::{Router, routing};
use portico_app::{App, Source};
use portico_bootstrap::{TRIGGERS, functions};
use portico_crm::Adapters;
use portico_domain::{IdSource, InternalUserId, Time, WorkspaceId};
use portico_files::Files;
use portico_google::{Google, GoogleSettings};
use portico_keys::{Keyring, RootKey, RootKeyError};
use portico_mail::{Mail, MailSettings};
use portico_queue::{Queue, QueueUrls};
use portico_store::Store;
use portico_webhook::{Policy, Sender, SenderError, schedule::Patience};
use std::{
    fs, io, iter,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet};

const TABLE: &str = "portico";

/// How the server is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 picks one.
    pub listen: SocketAddr,
    /// Where it keeps its data.
    pub data: Data,
    /// Whether a new workspace gets the example clients.
    pub examples: bool,
    /// Whether time stands still until it is moved, so that nothing becomes due
    /// because a test is slow.
    pub is_time_frozen: bool,
    /// If given, stream, queues, schedules and time stand still until they are
    /// driven by hand. Ids are made from this seed and time begins at a fixed
    /// moment, so that a run can be repeated; how far the clock of each function
    /// is off is decided by it too.
    pub driven_from: Option<u64>,
    /// Whether the clocks of functions are right even where it is driven.
    pub are_clocks_right: bool,
    /// Google, if clients can sign in with it.
    pub google: Option<GoogleSettings>,
    /// How long webhooks and endpoints that fail are borne with.
    pub patience: Patience,
}

impl Default for Options {
    /// An empty server in memory, at a port that is free.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: Data::Memory,
            examples: false,
            is_time_frozen: false,
            driven_from: None,
            are_clocks_right: false,
            google: None,
            patience: Patience::default(),
        }
    }
}

/// Where the server keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// Nowhere: they end with the process.
    Memory,
    /// In this directory.
    Directory(PathBuf),
}

/// The server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not to be had.
    #[error(
        "failed to listen on {0}; is Portico running already? --listen 127.0.0.1:0 picks a free port"
    )]
    Listen(SocketAddr, #[source] io::Error),
    /// The directory cannot be used.
    #[error("failed to use the directory {0}")]
    Directory(PathBuf, #[source] io::Error),
    /// The embedded table cannot be opened.
    #[error("failed to open the table")]
    Table(#[from] EmbeddedError),
    /// The embedded table cannot be made.
    #[error("failed to make the table")]
    CreateTable(#[from] portico_store::Error),
    /// The installation's own file cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The root key is not one.
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    /// The first workspace could not be made.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The webhook sender could not be made.
    #[error(transparent)]
    Sender(#[from] SenderError),
    /// Two routes have the same path.
    #[error("failed to lay out the routes")]
    Routes(#[from] matchit::InsertError),
}

/// What requests and pumps share.
pub(crate) struct Core {
    pub(crate) app: Arc<App>,
    pub(crate) routes: Routes,
    pub(crate) pumps: Pumps,
    pub(crate) clock: MovableClock,
    state: Mutex<State>,
}

pub(crate) struct Pumps {
    pub(crate) runner: Runner,
    aws: Aws,
    pub(crate) stream: StreamPump,
    queues: Vec<(Queue, QueuePump)>,
    schedules: Vec<SchedulePump>,
}

/// A running server; it ends when this is dropped.
pub struct LocalServer {
    /// Where it is, without a slash at the end.
    pub url: String,
    /// The first workspace.
    pub workspace_id: WorkspaceId,
    /// The admin of that workspace.
    pub admin_id: InternalUserId,
    /// A key that may do whatever the admin may.
    pub api_key: String,
    pub(crate) core: Arc<Core>,
    hooks: Hooks,
    tasks: JoinSet<()>,
}

impl LocalServer {
    /// Starts a server; when this returns, it answers.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listener = TcpListener::bind(options.listen).await;
        let listener = listener.map_err(|error| StartError::Listen(options.listen, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| StartError::Listen(options.listen, error))?;
        let url = format!("http://{address}");

        let mut parts = open(&options)?;
        let moved = MovableClock::moved(parts.state.clock_moved_by);
        let clock = match options.driven_from {
            Some(_) if options.are_clocks_right => moved.frozen_at(driven_since()),
            Some(seed) => moved.frozen_at(driven_since()).disagreeing(seed),
            None if options.is_time_frozen => moved.frozen_at(Time::system_now()),
            None => moved,
        };
        let aws = Aws::new(
            parts.database,
            queues(),
            parts.mailbox.clone(),
            parts.bucket,
            clock.clone(),
        );
        let keys = Keyring::new(&RootKey::parse(&parts.state.root_key)?)?;
        let ids = options
            .driven_from
            .map_or_else(IdSource::new, IdSource::repeatable);
        let app = Arc::new(app(&aws, keys, &options, &clock, &url, ids)?);
        app.store.create_table().await?;
        if parts.state.is_seeded {
            add_admin(&app, &parts.state).await?;
        } else {
            Box::pin(seed(&app, &parts.state, options.examples)).await?;
            parts.state.is_seeded = true;
            parts.state.save()?;
        }
        let (workspace_id, admin_id) = (parts.state.workspace_id, parts.state.admin_id);
        let api_key = parts.state.api_key.clone();
        let hooks = dev::open_hooks(&options, &app, workspace_id, &clock)?;
        let core = Arc::new(Core {
            routes: Routes::new(&functions())?,
            pumps: Pumps::new(&app, aws).map_err(EmbeddedError::from)?,
            app,
            clock,
            state: Mutex::new(parts.state),
        });
        let mut tasks = JoinSet::new();
        if options.driven_from.is_none() {
            core.pumps.spawn(&core, &mut tasks);
        }
        let router = router(&core, parts.mailbox, hooks.clone());
        tasks.spawn(async move {
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            if let Err(error) = axum::serve(listener, service).await {
                tracing::error!(%error, "the server ended");
            }
        });
        Ok(Self {
            url,
            workspace_id,
            admin_id,
            api_key,
            core,
            hooks,
            tasks,
        })
    }

    /// What the functions work with.
    pub fn app(&self) -> &App {
        &self.core.app
    }

    /// The embedded services.
    pub fn aws(&self) -> &Aws {
        &self.core.pumps.aws
    }

    /// What the webhook tester got.
    pub fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// Where the first admin sets up its account, for as long as nobody of its
    /// team can sign in. The link is made once and stays the same until it is
    /// used or runs out.
    pub async fn set_up_url(&self) -> Result<Option<String>, SeedError> {
        set_up_url(self.app(), self.workspace_id, self.admin_id).await
    }

    /// Runs stream, queues and mail until nothing is left to do now.
    pub async fn settle(&self) {
        self.core.settle().await;
    }

    /// Moves the clock forward, runs what is scheduled, and settles.
    pub async fn advance(&self, by: Duration) {
        self.core.advance(by).await;
    }

    /// Serves until the process is told to end.
    pub async fn run(mut self) {
        self.tasks.join_next().await;
    }
}

impl Core {
    pub(crate) fn workspace_id(&self) -> WorkspaceId {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.workspace_id
    }

    async fn settle(&self) {
        loop {
            // Others may be at work too, and what they leave comes after them.
            let before = self.pumps.aws.steps();
            let mut done = self.pumps.stream.pump().await;
            for (_, pump) in &self.pumps.queues {
                done += pump.pump_alone(self.clock.now()).await;
            }
            if done == 0 && self.pumps.aws.steps() == before {
                return;
            }
        }
    }

    pub(crate) async fn advance(&self, by: Duration) {
        let moved = self.clock.advance(by);
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.clock_moved_by = moved;
            if let Err(error) = state.save() {
                tracing::error!(%error, "the clock is forgotten at the end of this process");
            }
        }
        for schedule in &self.pumps.schedules {
            schedule.pump().await;
        }
        self.settle().await;
    }
}

impl Pumps {
    fn new(app: &Arc<App>, aws: Aws) -> Result<Self, dynoxide::DynoxideError> {
        let runner = Runner {
            app: Arc::clone(app),
            aws: aws.clone(),
        };
        let stream = TRIGGERS
            .iter()
            .find(|trigger| trigger.source == Source::Stream);
        let stream = stream
            .map(|trigger| StreamPump::new(runner.clone(), *trigger, TABLE))
            .transpose()?;
        let queue = |trigger| {
            queue_of(trigger).map(|queue| (queue, QueuePump::new(runner.clone(), *trigger, queue)))
        };
        let schedules = TRIGGERS
            .iter()
            .filter(|trigger| matches!(trigger.source, Source::Schedule(_)));
        Ok(Self {
            stream: stream.unwrap_or_else(|| unreachable!("the dispatcher listens to the stream")),
            queues: TRIGGERS.iter().filter_map(queue).collect(),
            schedules: schedules
                .map(|trigger| SchedulePump::new(runner.clone(), *trigger))
                .collect(),
            runner,
            aws,
        })
    }

    /// Keeps everything going, each source by itself.
    fn spawn(&self, core: &Arc<Core>, tasks: &mut JoinSet<()>) {
        let shared = Arc::clone(core);
        tasks.spawn(async move {
            let pumps = &shared.pumps;
            loop {
                let written = pumps.aws.written().notified();
                if pumps.stream.pump().await == 0 {
                    // What is written between pump and wait wakes at the next tick.
                    let _ = tokio::time::timeout(Duration::from_millis(200), written).await;
                }
            }
        });
        let workers = self
            .queues
            .iter()
            .enumerate()
            .flat_map(|(place, (_, pump))| iter::repeat_n(place, pump.concurrency()));
        for place in workers {
            let shared = Arc::clone(core);
            tasks.spawn(async move {
                let changed = shared.pumps.aws.queues().changed();
                loop {
                    let sent = changed.notified();
                    let (_, pump) = &shared.pumps.queues[place];
                    if pump.pump(shared.clock.now()).await == 0 {
                        let _ = tokio::time::timeout(Duration::from_millis(500), sent).await;
                    }
                }
            });
        }
        for place in 0..self.schedules.len() {
            let shared = Arc::clone(core);
            tasks.spawn(async move {
                // The first tick is at once: it sweeps up what a process that
                // ended has left.
                let mut minutes = tokio::time::interval(Duration::from_mins(1));
                loop {
                    minutes.tick().await;
                    shared.pumps.schedules[place].pump().await;
                }
            });
        }
    }
}

/// The table of the data in this directory, with its clock and its first
/// workspace, while a server may or may not be running over it.
pub(crate) fn store_in(directory: &Path) -> Result<(Store, MovableClock, WorkspaceId), StartError> {
    // Without this, a name that was mistyped would become an installation.
    let state = directory.join("portico.json");
    fs::metadata(&state).map_err(|error| StartError::Directory(directory.to_owned(), error))?;
    let parts = open(&Options {
        data: Data::Directory(directory.to_owned()),
        ..Options::default()
    })?;
    let clock = MovableClock::moved(parts.state.clock_moved_by);
    let aws = Aws::new(
        parts.database,
        queues(),
        parts.mailbox,
        parts.bucket,
        clock.clone(),
    );
    let store = Store::new(&aws.config(), TABLE, clock.for_app());
    Ok((store, clock, parts.state.workspace_id))
}

fn queues() -> Queues {
    let specs = Queue::ALL.map(|queue| QueueSpec {
        name: queue.name().to_owned(),
        // Six times what a function may take, as AWS advises.
        visibility: Duration::from_mins(6),
        max_receives: 5,
    });
    Queues::new(&specs)
}

fn app(
    aws: &Aws,
    keys: Keyring,
    options: &Options,
    clock: &MovableClock,
    url: &str,
    ids: IdSource,
) -> Result<App, SenderError> {
    let config = aws.config();
    let queue_url = |queue: Queue| format!("http://sqs.local/000000000000/{}", queue.name());
    let urls = QueueUrls {
        mail: queue_url(Queue::Mail),
        deliveries: queue_url(Queue::Deliveries),
        recoveries: queue_url(Queue::Recoveries),
        companies: queue_url(Queue::Companies),
        mail_events: queue_url(Queue::MailEvents),
    };
    let mail = MailSettings {
        from: "portico@portico.example".to_owned(),
        configuration_set: Some("portico".to_owned()),
    };
    Ok(App {
        store: Store::new(&config, TABLE, clock.for_app()),
        queues: portico_queue::Queues::new(&config, urls),
        mail: Mail::new(&config, mail),
        files: Files::new(&config, s3::BUCKET),
        sender: Sender::new(
            Policy::local(),
            concat!("Portico/", env!("CARGO_PKG_VERSION")),
        )?,
        patience: options.patience.clone(),
        adapters: Adapters::local(),
        google: options.google.clone().map(Google::new),
        keys,
        base_url: url.to_owned(),
        clock: clock.for_app(),
        ids,
    })
}

fn router(core: &Arc<Core>, mailbox: Mailbox, hooks: Hooks) -> Router {
    Router::new()
        .route("/", routing::get(index::handle))
        .route(
            "/_dev/clock",
            routing::get(dev::tell_time).post(dev::move_clock),
        )
        .route("/_dev/index", routing::post(dev::rebuild_index))
        .fallback(gateway::handle)
        .with_state(Arc::clone(core))
        .merge(mailbox::router(mailbox))
        .merge(hooks::router(hooks))
}
