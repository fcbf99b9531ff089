//! One worker's stay with a lane.

use crate::{health, order};
use portico_app::{App, TriggerError, attempt, outbox};
use portico_domain::{
    Endpoint, EndpointHealth, EndpointId, Event, Gate, LANE_LEASE, Lane, LaneContents, Ordering,
    Time, Tried, WebhookDelivery,
};
use portico_store::{Current, KnownPace, Queued, WorkspaceStore};
use std::time::Duration;

/// How many deliveries are read at first, and of an endpoint that is slow: each
/// of its webhooks takes so long that the others would be read again anyhow.
const FIRST_PAGE: u16 = 5;

/// How many are read at once where the first ones went quickly. 100 items make
/// one `BatchGetItem`: the endpoint, how it is doing, and of each delivery itself
/// and its event.
const PAGE: u16 = 49;

/// What an attempt can take, with something to spare.
const ATTEMPT: Duration = Duration::from_secs(20);

/// For how long a worker goes by what it has read of the endpoint: one that is
/// deleted, disabled or given another secret meanwhile is noticed by then.
const FRESH: Duration = Duration::from_secs(5);

/// How long a worker waits for its turn at an endpoint with a rate limit, where
/// it has to, before it makes room for others. The requests of a second may be
/// made a tenth of a second after it (ADR 69), and a message comes after a whole
/// number of seconds.
const MOMENT: Duration = Duration::from_millis(350);

/// How often an attempt is tried to be added to a delivery that others change.
const MAX_TRIES: usize = 5;

/// One worker's stay with a lane.
pub(crate) struct Slice {
    /// The lane, as it was last read.
    pub(crate) lane: Lane,
    /// When there is something to do in it again, if that is known.
    pub(crate) next: Option<Time>,
    /// Whether the lane is another worker's by now.
    pub(crate) is_lost: bool,
    /// When the lane was to be looked at anyhow, for as long as this worker has
    /// not looked for itself.
    pub(crate) look_by: Option<Time>,
    /// Whether it goes on at once, with the endpoint as it is by now.
    pub(crate) goes_on: bool,
    /// What waits in the lane, if that is known.
    contents: Option<LaneContents>,
    ends_at: Time,
    /// How many deliveries are read next.
    page: u16,
    /// Whether what is sent now probes an endpoint whose circuit is open.
    is_probe: bool,
    /// What is known of how much the endpoint got lately.
    pace: KnownPace,
}

/// What there is to do in a lane.
struct Found {
    endpoint: Option<(Endpoint, EndpointHealth)>,
    due: Vec<Current>,
    /// Whether more is due than that.
    is_more: bool,
}

/// Whether the slice goes on after a delivery.
enum Step {
    GoOn,
    Stop,
}

impl Slice {
    pub(crate) fn begin(lane: Lane, ends_at: Time, contents: Option<LaneContents>) -> Self {
        let contents = contents.filter(|contents| contents.are_all_of(&lane));
        Self {
            lane,
            next: None,
            is_lost: false,
            look_by: None,
            goes_on: false,
            contents,
            ends_at,
            page: FIRST_PAGE,
            is_probe: false,
            pace: KnownPace::default(),
        }
    }

    /// Sends what is due in the lane, as far as the endpoint and the slice's
    /// time allow.
    pub(crate) async fn serve(
        &mut self,
        app: &App,
        workspace: &WorkspaceStore<'_>,
    ) -> Result<(), TriggerError> {
        self.goes_on = false;
        self.is_probe = false;
        let now = app.now();
        // What is to come stays known: the index may not show it yet.
        self.next = self.next.filter(|next| *next > now);
        let found = match self.contents.take() {
            Some(contents) => self.read(workspace, &contents).await?,
            None => self.look(workspace, now).await?,
        };
        let Found {
            endpoint,
            mut due,
            is_more,
        } = found;
        if due.is_empty() {
            return Ok(());
        }
        let Some((endpoint, mut health)) = endpoint.filter(|(one, _)| one.disabled.is_none())
        else {
            // Enabling it rings.
            self.next = None;
            return Ok(());
        };
        match health.gate(now) {
            Gate::Open => {}
            Gate::Paused(until) => {
                self.next = Some(until);
                return Ok(());
            }
            Gate::Probe => {
                let Some(probing) = workspace.save_health(health.probing(now)).await? else {
                    self.look_then(now + Duration::from_secs(1));
                    return Ok(());
                };
                health = probing;
                self.is_probe = true;
                due.truncate(1);
                self.look_then(now);
            }
        }
        for current in due {
            let (mut delivery, event) = match current {
                Current::Delivery(delivery, event) => (*delivery, event),
                Current::Unreadable(place) => {
                    self.put_off(workspace, &place, now).await?;
                    continue;
                }
            };
            match delivery.due_at {
                Some(due_at) if due_at <= now => {}
                // The index is behind.
                Some(due_at) => {
                    self.look_then(due_at);
                    continue;
                }
                None => continue,
            }
            let Some(event) = event else {
                delivery.lapse(now);
                workspace.save_delivery(&delivery).await?;
                continue;
            };
            let step = self
                .send(app, workspace, &endpoint, &mut health, delivery, &event)
                .await?;
            if matches!(step, Step::Stop) {
                return Ok(());
            }
            if app.now().since(now) > FRESH {
                self.goes_on = true;
                self.page = FIRST_PAGE;
                return Ok(());
            }
        }
        if is_more && self.page < PAGE {
            self.goes_on = true;
            self.page = PAGE;
        } else if is_more {
            self.look_then(app.now());
        }
        Ok(())
    }

    /// Reads what is known to wait in the lane.
    async fn read(
        &mut self,
        workspace: &WorkspaceStore<'_>,
        contents: &LaneContents,
    ) -> Result<Found, TriggerError> {
        self.look_by = contents.next_look;
        let (endpoint, due) = workspace.endpoint_and_contents(contents).await?;
        Ok(Found {
            endpoint,
            due,
            is_more: false,
        })
    }

    /// Looks for what is due in the lane.
    async fn look(
        &mut self,
        workspace: &WorkspaceStore<'_>,
        now: Time,
    ) -> Result<Found, TriggerError> {
        let queue = workspace.lane_queue(self.lane.id, self.page).await?;
        self.look_by = None;
        let is_due = |place: &Queued| place.due_at <= now;
        // What is due comes first.
        let is_more = queue.next.is_some() && queue.items.last().is_none_or(is_due);
        let (due, later): (Vec<_>, Vec<_>) = queue.items.into_iter().partition(is_due);
        if let Some(next) = later.iter().map(|place| place.due_at).min() {
            self.look_then(next);
        }
        let (endpoint, due) = if due.is_empty() {
            (None, Vec::new())
        } else {
            workspace
                .endpoint_and_current(self.lane.endpoint_id, due)
                .await?
        };
        Ok(Found {
            endpoint,
            due,
            is_more,
        })
    }

    async fn send(
        &mut self,
        app: &App,
        workspace: &WorkspaceStore<'_>,
        endpoint: &Endpoint,
        health: &mut EndpointHealth,
        mut delivery: WebhookDelivery,
        event: &Event,
    ) -> Result<Step, TriggerError> {
        let now = app.now();
        if now >= self.ends_at {
            self.look_then(now);
            return Ok(Step::Stop);
        }
        if !self.keep(workspace, now).await? {
            return Ok(Step::Stop);
        }
        if endpoint.ordering == Ordering::Strict
            && let Some(until) = order::must_wait(app, workspace, endpoint, event).await?
        {
            delivery.postpone(until, now);
            workspace.save_delivery(&delivery).await?;
            self.look_then(until);
            return Ok(Step::GoOn);
        }
        if let Some(limit) = endpoint.rate_limit
            && !self.takes_turn(app, workspace, endpoint.id, limit).await?
        {
            return Ok(Step::Stop);
        }

        let recovery = delivery
            .recovery()
            .map(|id| ("portico-recovery", id.to_string()));
        let tried = Tried {
            began: app.now(),
            is_probe: self.is_probe,
        };
        let sent = attempt::make(app, endpoint, event, recovery.as_slice()).await?;
        let setback = sent.setback(app.now());
        let is_gone = sent.is_gone();
        let earlier = sent.record(&mut delivery, &app.patience.schedule, app.now());
        if !workspace.record_attempt(&delivery, earlier).await? {
            // Somebody has ordered it to be sent again meanwhile.
            add_attempt(workspace, &delivery).await?;
            self.look_then(app.now());
        }
        if let Some(due_at) = delivery.due_at {
            self.look_then(due_at);
        }
        let verdict = match setback {
            None => health::succeeded(app, workspace, health).await?,
            Some(_) if is_gone => health::gone(app, endpoint).await?,
            Some(setback) => {
                health::failed(app, workspace, endpoint, health, (setback, tried)).await?
            }
        };
        match verdict {
            health::Verdict::GoOn => Ok(Step::GoOn),
            health::Verdict::Pause(until) => {
                self.next = Some(until);
                Ok(Step::Stop)
            }
            health::Verdict::Disabled => {
                self.next = None;
                Ok(Step::Stop)
            }
        }
    }

    /// Takes a turn at the endpoint, and waits for it if that is only a moment;
    /// otherwise the lane is looked at so much before there is one, since queues
    /// count whole seconds.
    async fn takes_turn(
        &mut self,
        app: &App,
        workspace: &WorkspaceStore<'_>,
        endpoint: EndpointId,
        limit: u32,
    ) -> Result<bool, TriggerError> {
        let mut has_waited = false;
        loop {
            let turn = workspace.take_turn(endpoint, limit, &mut self.pace, || app.now());
            let Err(free_at) = turn.await? else {
                return Ok(true);
            };
            let now = app.now();
            let wait = free_at.since(now);
            if wait > MOMENT {
                self.look_then(free_at - MOMENT);
                return Ok(false);
            }
            if has_waited {
                self.look_then(free_at);
                return Ok(false);
            }
            app.clock.wait(wait).await;
            has_waited = true;
        }
    }

    /// Puts off what this version cannot read, so that nothing waits for it.
    async fn put_off(
        &mut self,
        workspace: &WorkspaceStore<'_>,
        place: &Queued,
        now: Time,
    ) -> Result<(), TriggerError> {
        let until = now + outbox::UNREADABLE;
        if workspace.put_off(place, until).await? {
            self.look_then(until);
        } else {
            // It stands elsewhere by now, which the index is about to show.
            self.look_then(now + Duration::from_secs(1));
        }
        Ok(())
    }

    /// Keeps the lane long enough for another attempt.
    async fn keep(
        &mut self,
        workspace: &WorkspaceStore<'_>,
        now: Time,
    ) -> Result<bool, TriggerError> {
        let leased_until = self.lane.leased_until.unwrap_or(now);
        if leased_until.since(now) > ATTEMPT {
            return Ok(true);
        }
        let until = now + LANE_LEASE;
        if workspace.keep_lane(&self.lane, until).await? {
            self.lane.leased_until = Some(until);
            Ok(true)
        } else {
            tracing::warn!(lane = %self.lane.id, "a lease ended; another worker goes on");
            self.is_lost = true;
            Ok(false)
        }
    }

    /// Has the lane looked at then at the latest.
    fn look_then(&mut self, at: Time) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}

/// Adds the latest attempt to what its delivery has become meanwhile, without
/// a change to what becomes of that.
async fn add_attempt(
    workspace: &WorkspaceStore<'_>,
    outdated: &WebhookDelivery,
) -> Result<(), TriggerError> {
    let Some(attempt) = outdated.attempts.last() else {
        return Ok(());
    };
    for _ in 0..MAX_TRIES {
        let Some(mut delivery) = workspace.delivery(outdated.id).await? else {
            return Ok(());
        };
        let earlier = delivery.add(attempt.clone());
        if workspace.record_attempt(&delivery, earlier).await? {
            return Ok(());
        }
    }
    tracing::warn!(delivery = %outdated.id, "an attempt is not in the log: its delivery changes all the time");
    Ok(())
}
