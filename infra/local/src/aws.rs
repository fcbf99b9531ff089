//! AWS in this process: an HTTP client for the SDK that hands each request to
//! the embedded service it is meant for.
//!
//! It is also the one place where every call can be seen, refused for want of
//! a grant, or made to fail.

use crate::{
    clock::MovableClock,
    dynamo,
    grants::{self, Acting},
    mailbox::Mailbox,
    s3::{self, Bucket},
    ses,
    sqs::Queues,
    steps,
    table::Table,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep, TokioSleep};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion,
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
    stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig};
use aws_types::{SdkConfig, region::Region, sdk_config::SharedHttpClient};
use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use portico_domain::Time;
use portico_queue::Queue;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// One call of a function to AWS.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function that made it; `None` for the server itself.
    pub function: Option<&'static str>,
    /// `dynamodb`, `s3`, `sqs` or `ses`.
    pub service: &'static str,
    /// The operation, such as `GetItem`.
    pub operation: String,
    /// The request's body.
    pub body: Value,
    /// When it was made.
    pub made_at: Time,
    /// When it arrives.
    pub arrives_at: Time,
    /// The answer's body, once there is one.
    pub answer: Value,
    /// When it began and when it was answered, in steps that count both: calls
    /// that were under way together overlap.
    pub span: (u64, u64),
}

/// How a call can be made to fail.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The service refuses with this error code, having done nothing.
    Refuse(&'static str),
    /// The table cancels a transaction for this reason.
    Cancel(&'static str),
    /// Nothing arrives at the service.
    LostBefore,
    /// The service does it, and its answer never arrives.
    LostAfter,
    /// The caller has stopped waiting before it arrived, and does not try again.
    GivenUp,
    /// A read finds nothing, as if it had come before what was written.
    Miss,
}

type Decide = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// The embedded services.
#[derive(Clone)]
pub struct Aws {
    inner: Arc<Inner>,
}

struct Inner {
    table: Table,
    queues: Queues,
    mailbox: Mailbox,
    bucket: Bucket,
    clock: MovableClock,
    written: Notify,
    calls: Mutex<Option<Vec<Call>>>,
    steps: AtomicU64,
    faults: Mutex<Option<Decide>>,
    /// Whether an answer can get lost: on a socket, or on purpose.
    may_lose: AtomicBool,
    used: Mutex<BTreeSet<(&'static str, String)>>,
    missed: Mutex<BTreeSet<(&'static str, String)>>,
}

impl Aws {
    /// The services over these stores.
    pub fn new(
        database: Database,
        queues: Queues,
        mailbox: Mailbox,
        bucket: Bucket,
        clock: MovableClock,
    ) -> Self {
        let inner = Inner {
            table: Table::new(database),
            queues,
            mailbox,
            bucket,
            clock,
            written: Notify::new(),
            calls: Mutex::default(),
            steps: AtomicU64::default(),
            faults: Mutex::default(),
            may_lose: AtomicBool::default(),
            used: Mutex::default(),
            missed: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A configuration whose SDK clients call these services.
    pub fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("local", "local", None, None, "local");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .endpoint_url("http://aws.local")
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(SharedHttpClient::new(self.clone()))
            .retry_config(RetryConfig::standard())
            // Nothing here comes in drops.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(self.sleep())
            .build()
    }

    /// Where time stands still, nobody waits before trying a call again.
    fn sleep(&self) -> SharedAsyncSleep {
        if self.inner.clock.is_frozen() {
            SharedAsyncSleep::new(NoSleep)
        } else {
            SharedAsyncSleep::new(TokioSleep::new())
        }
    }

    /// The embedded table.
    pub(crate) fn table(&self) -> &Table {
        &self.inner.table
    }

    /// The queues.
    pub fn queues(&self) -> &Queues {
        &self.inner.queues
    }

    /// The mailbox.
    pub fn mailbox(&self) -> &Mailbox {
        &self.inner.mailbox
    }

    /// The bucket.
    pub fn bucket(&self) -> &Bucket {
        &self.inner.bucket
    }

    /// Everything that a table holds, as one text, for whoever looks for what
    /// must not be there.
    pub fn everything(&self, table: &str) -> Result<String, DynoxideError> {
        dynamo::everything(self.inner.table.database(), table)
    }

    /// Wakes whoever waits for something in the table's stream.
    pub(crate) fn written(&self) -> &Notify {
        &self.inner.written
    }

    /// Begins to keep every call, or forgets those kept so far. The table's
    /// answers say meanwhile which capacity they have taken.
    pub fn record_calls(&self) {
        *lock(&self.inner.calls) = Some(Vec::new());
    }

    /// The calls kept since [`Aws::record_calls`].
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.inner.calls).clone().unwrap_or_default()
    }

    /// Lets `decide` say of every call whether and how it fails.
    pub fn inject(&self, decide: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        self.inner.may_lose.store(true, Ordering::Relaxed);
        *lock(&self.inner.faults) = Some(Box::new(decide));
    }

    /// Lets nothing fail any more.
    pub fn heal(&self) {
        *lock(&self.inner.faults) = None;
    }

    /// Which grants each function has used so far: name and action on resource.
    pub fn used_grants(&self) -> BTreeSet<(&'static str, String)> {
        lock(&self.inner.used).clone()
    }

    /// Which grants functions lacked so far: their calls were refused.
    pub fn missed_grants(&self) -> BTreeSet<(&'static str, String)> {
        lock(&self.inner.missed).clone()
    }

    /// Answers a request that came over a socket, from a process that has
    /// this address as its AWS endpoint.
    pub async fn serve(&self, request: &http::Request<Bytes>) -> http::Response<Bytes> {
        self.inner.may_lose.store(true, Ordering::Relaxed);
        self.answer(request, self.inner.clock.now(), self.step())
            .await
            .unwrap_or_else(|_| dynamo::refusal("InternalServerError", "lost on purpose"))
    }

    /// How many calls were begun so far, and how many arrived, together.
    pub(crate) fn steps(&self) -> u64 {
        self.inner.steps.load(Ordering::Relaxed)
    }

    fn step(&self) -> u64 {
        self.inner.steps.fetch_add(1, Ordering::Relaxed)
    }

    async fn answer(
        &self,
        request: &http::Request<Bytes>,
        made_at: Time,
        begun: u64,
    ) -> Result<http::Response<Bytes>, ConnectorError> {
        let now = self.inner.clock.now();
        let (service, operation) = asked_for(request);
        let span = (begun, self.step());
        let call = || Call {
            function: Acting::current().map(|acting| acting.name),
            service,
            operation: operation.to_owned(),
            body: serde_json::from_slice(request.body()).unwrap_or_default(),
            made_at,
            arrives_at: now,
            answer: Value::Null,
            span,
        };
        let place = lock(&self.inner.calls).as_mut().map(|calls| {
            calls.push(call());
            calls.len() - 1
        });
        if let Some(acting) = Acting::current() {
            match grants::check(&acting, service, operation, request.body()) {
                Ok(used) => lock(&self.inner.used)
                    .extend(used.into_iter().map(|grant| (acting.name, grant))),
                Err(missing) => {
                    let refusal = grants::refusal(&acting, service, &missing);
                    lock(&self.inner.missed).insert((acting.name, missing));
                    return Ok(refusal);
                }
            }
        }
        let fault = lock(&self.inner.faults)
            .as_mut()
            .and_then(|decide| decide(&call()));
        match fault {
            Some(Fault::Refuse(code)) if service == "s3" => return Ok(s3::refusal(503, code)),
            Some(Fault::Refuse(code)) => return Ok(dynamo::refusal(code, "refused on purpose")),
            Some(Fault::Cancel(reason)) => return Ok(dynamo::cancellation(reason)),
            Some(Fault::Miss) => return Ok(dynamo::nothing()),
            Some(Fault::LostBefore) => return Err(lost()),
            Some(Fault::GivenUp) => {
                return Err(ConnectorError::user("nobody waits for it".into()));
            }
            Some(Fault::LostAfter) | None => {}
        }
        let response = match service {
            "dynamodb" => {
                let how = dynamo::How {
                    is_metered: place.is_some(),
                    may_come_again: self.inner.may_lose.load(Ordering::Relaxed),
                };
                let (response, may_ring) =
                    dynamo::answer(&self.inner.table, operation, request.body(), how).await;
                if may_ring {
                    self.inner.written.notify_waiters();
                }
                response
            }
            "s3" => self.inner.bucket.answer(request),
            "sqs" => self.inner.queues.answer(now, request),
            _ => {
                let (mailbox, queues) = (&self.inner.mailbox, &self.inner.queues);
                let response = ses::answer(mailbox, now, request);
                for event in ses::events(mailbox, now, &response) {
                    queues.post(Queue::MailEvents.name(), now, event);
                }
                response
            }
        };
        if let Some(place) = place
            && let Some(call) = lock(&self.inner.calls)
                .as_mut()
                .and_then(|calls| calls.get_mut(place))
        {
            call.answer = serde_json::from_slice(response.body()).unwrap_or_default();
        }
        if fault.is_some() {
            Err(lost())
        } else {
            Ok(response)
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lost() -> ConnectorError {
    ConnectorError::io("the connection was lost on purpose".into())
}

/// The service and the operation that a request is for.
fn asked_for(request: &http::Request<Bytes>) -> (&'static str, &str) {
    let target = request
        .headers()
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok());
    match target.and_then(|target| target.split_once('.')) {
        Some((prefix, operation)) if prefix.starts_with("DynamoDB") => ("dynamodb", operation),
        Some((_, operation)) => ("sqs", operation),
        None => match s3::operation(request) {
            Some(operation) => ("s3", operation),
            None => ("ses", "SendEmail"),
        },
    }
}

#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(tokio::task::yield_now())
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let aws = self.clone();
        HttpConnectorFuture::new(async move {
            let made_at = aws.inner.clock.now();
            let begun = aws.step();
            if lock(&aws.inner.calls).is_some() {
                // So that what is asked together is seen to be.
                tokio::task::yield_now().await;
            }
            steps::stop().await;
            let answer = aws.carry(request, made_at, begun).await;
            // Whoever calls a service waits for it, and others go on meanwhile:
            // above all those whom this call has woken. Nobody waits where time
            // stands still.
            if !aws.inner.clock.is_frozen() {
                tokio::task::yield_now().await;
            }
            steps::stop().await;
            answer
        })
    }
}

impl Aws {
    async fn carry(
        &self,
        request: HttpRequest,
        made_at: Time,
        begun: u64,
    ) -> Result<HttpResponse, ConnectorError> {
        let unreadable = |error: String| ConnectorError::user(error.into());
        let request = request
            .try_into_http1x()
            .map_err(|error| unreadable(error.to_string()))?;
        let (parts, body) = request.into_parts();
        let body = body.bytes().map(Bytes::copy_from_slice).unwrap_or_default();
        let request = http::Request::from_parts(parts, body);
        let response = self.answer(&request, made_at, begun).await?;
        HttpResponse::try_from(response.map(SdkBody::from))
            .map_err(|error| unreadable(error.to_string()))
    }
}

impl HttpClient for Aws {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}
