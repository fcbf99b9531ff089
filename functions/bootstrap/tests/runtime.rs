//! The binary itself, as Lambda runs it: started with its environment, fed
//! through the runtime API, calling AWS over HTTP.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use portico_local::{LocalServer, Options};
use portico_store::CALLS_AT_ONCE;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    fs,
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

/// Long enough for a machine under load, and never waited out when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lambda's side of a function: what it is to do, and what it said.
struct Runtime {
    events: Mutex<VecDeque<Value>>,
    said: UnboundedSender<(String, Value)>,
    connections: Arc<Connections>,
}

/// How many connections to AWS the function has opened.
#[derive(Default)]
struct Connections {
    now: AtomicUsize,
    /// When it asked for its first event: its start is over.
    at_start: OnceLock<usize>,
}

/// A function in its process.
struct Running {
    process: Child,
    answers: UnboundedReceiver<(String, Value)>,
    connections: Arc<Connections>,
}

async fn listen(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    address
}

async fn local() -> LocalServer {
    let options = Options {
        examples: true,
        ..Options::default()
    };
    LocalServer::start(options).await.expect("it starts")
}

/// `GET …/next`: the next event; when there is none, Lambda keeps the function
/// waiting.
async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let connections = &runtime.connections;
    let now = connections.now.load(Ordering::SeqCst);
    connections.at_start.get_or_init(|| now);
    let event = runtime.events.lock().expect("no test panicked").pop_front();
    let Some(event) = event else {
        return std::future::pending().await;
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "request-1"),
        ("lambda-runtime-deadline-ms", "9999999999999"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:local:000000000000:function:portico",
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-692254c0-1c2d3e4f5a6b7c8d9e0f1a2b",
        ),
    ];
    (headers, event.to_string()).into_response()
}

async fn said(
    State(runtime): State<Arc<Runtime>>,
    Path(what): Path<String>,
    body: Bytes,
) -> &'static str {
    let value = serde_json::from_slice(&body).unwrap_or_default();
    let _ = runtime.said.send((what, value));
    "{}"
}

/// Starts a function and gives it these events.
async fn start(function: &str, server: &LocalServer, events: Vec<Value>) -> Running {
    let connections = Arc::new(Connections::default());
    let dynamodb = service(server, &connections).await;
    let sqs = service(server, &connections).await;
    let ses = service(server, &connections).await;
    let s3 = service(server, &connections).await;
    let (said_here, answers) = unbounded_channel();
    let runtime = Arc::new(Runtime {
        events: Mutex::new(events.into()),
        said: said_here,
        connections: connections.clone(),
    });
    let api = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/{*what}", post(said))
        .with_state(runtime);
    let api = listen(api).await;
    let process = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
            (
                "AWS_LAMBDA_FUNCTION_NAME",
                format!("portico-test-{function}"),
            ),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_REGION", "local".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
            ("AWS_ENDPOINT_URL_SQS", sqs),
            ("AWS_ENDPOINT_URL_SESV2", ses),
            ("AWS_ENDPOINT_URL_S3", s3),
            ("PORTICO_FUNCTION", function.to_owned()),
            ("PORTICO_TABLE", "portico".to_owned()),
            ("PORTICO_BUCKET", "portico-uploads".to_owned()),
            ("PORTICO_BASE_URL", server.url.clone()),
            ("PORTICO_MAIL_FROM", "portico@example.com".to_owned()),
            (
                "PORTICO_QUEUE_DELIVERIES",
                "http://sqs.local/000000000000/deliveries".to_owned(),
            ),
            (
                "PORTICO_QUEUE_MAIL",
                "http://sqs.local/000000000000/mail".to_owned(),
            ),
            (
                "PORTICO_QUEUE_COMPANIES",
                "http://sqs.local/000000000000/companies".to_owned(),
            ),
            ("PORTICO_ROOT_KEY", "01".repeat(32)),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    Running {
        process,
        answers,
        connections,
    }
}

/// A service of AWS at an address of its own, where connections are counted.
async fn service(server: &LocalServer, connections: &Arc<Connections>) -> String {
    let aws = server.aws().clone();
    let router = Router::new().fallback(async move |request: Request| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a body");
        aws.serve(&http::Request::from_parts(parts, body))
            .await
            .map(axum::body::Body::from)
    });
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let connections = connections.clone();
    let counted = listener.tap_io(move |_| {
        connections.now.fetch_add(1, Ordering::SeqCst);
    });
    tokio::spawn(async move { axum::serve(counted, router).await.expect("it serves") });
    format!("http://{address}")
}

impl Running {
    async fn answer(&mut self) -> Value {
        let answer = timeout(PATIENCE, self.answers.recv())
            .await
            .expect("it answers in time");
        let (what, value) = answer.expect("the runtime API is there");
        assert_eq!(what, "invocation/request-1/response", "{value}");
        value
    }
}

fn golden(name: &str) -> Value {
    let file = format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(file).expect("a golden event")).expect("JSON")
}

#[tokio::test]
async fn a_route_answers_its_event_and_refuses_every_other() {
    let server = local().await;
    let mut event = golden("clients-list");
    event["headers"]["x-api-key"] = server.api_key.clone().into();
    event["rawQueryString"] = "givenName=Jane".into();
    let mut function = start(
        "clients-list",
        &server,
        vec![event, golden("companies-list")],
    )
    .await;

    let answer = function.answer().await;
    let body: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(
        (&answer["statusCode"], &body["data"][0]["name"]),
        (&json!(200), &json!("Jane Doe"))
    );

    assert_eq!(function.answer().await["statusCode"], 404);
}

#[tokio::test]
async fn a_trigger_does_its_work() {
    let server = local().await;
    let mut function = start("sweeper", &server, vec![golden("sweeper")]).await;

    let answer = function.answer().await;

    assert!(answer["events"].is_number(), "{answer}");
}

/// A handshake costs more than the request, and at its start a function has a
/// whole core for it.
#[tokio::test]
async fn connections_to_aws_are_opened_at_the_start_and_none_after() {
    // The table, for some several times at once; a queue, SES or the files.
    let functions = [
        ("clients-list", 8),
        ("sign-in-create", 2),
        ("clients-set-avatar", 2),
        ("media-get", 1),
        ("dispatcher", 9),
        ("deliverer", 3),
        ("mailer", 2),
        ("expirer", 4),
        ("sweeper", 9),
        ("caretaker", 5),
    ];
    for (name, opened) in functions {
        let server = local().await;
        let mut event = golden(name);
        event["headers"]["x-api-key"] = server.api_key.clone().into();
        let mut function = start(name, &server, vec![event.clone(), event]).await;

        function.answer().await;
        function.answer().await;

        let connections = &function.connections;
        let now = connections.now.load(Ordering::SeqCst);
        assert_eq!(connections.at_start.get(), Some(&opened), "{name}");
        assert_eq!(now, opened, "{name} opened more while it worked");
    }
}

/// Nobody exists of those whom these events name, but each is looked for.
#[tokio::test]
async fn whoever_has_many_things_to_do_opens_its_connections_at_the_start_too() {
    let id = |number: usize| format!("01890000-0000-7000-8000-{number:012x}");
    let mut invitations = golden("invitations-bulk");
    let ids: Vec<String> = (0..3 * CALLS_AT_ONCE).map(id).collect();
    invitations["body"] = json!({ "clientIds": ids }).to_string().into();
    let mut records = golden("dispatcher");
    let record = records["Records"][0].to_string();
    let others = (0..3 * CALLS_AT_ONCE).map(|number| {
        let record = record.replace("0000000000e1", &format!("{:012x}", 0xe100 + number));
        let record = record.replace("00000000000b", &format!("{:012x}", 0xb00 + number));
        serde_json::from_str::<Value>(&record).expect("a record")
    });
    records["Records"] = others.collect();

    // The dispatcher wakes a queue as well.
    for (name, mut event, opened) in [
        ("invitations-bulk", invitations, CALLS_AT_ONCE),
        ("dispatcher", records, CALLS_AT_ONCE + 1),
    ] {
        let server = local().await;
        event["headers"]["x-api-key"] = server.api_key.clone().into();
        let mut function = start(name, &server, vec![event]).await;

        let answer = function.answer().await;

        let connections = &function.connections;
        let now = connections.now.load(Ordering::SeqCst);
        assert_eq!(connections.at_start.get(), Some(&opened), "{name}");
        assert_eq!(now, opened, "{name} opened more while it worked: {answer}");
    }
}

#[tokio::test]
async fn a_function_that_is_none_of_ours_does_not_start() {
    let server = local().await;
    let function = start("nonsense", &server, vec![]).await;

    let status = timeout(PATIENCE, async {
        function.process.wait_with_output().await
    })
    .await;

    assert!(
        !status
            .expect("it ends in time")
            .expect("it ends")
            .status
            .success()
    );
}
