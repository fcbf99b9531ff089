//! The events of an installation as they happen, read from its list.
//!
//! The list is asked again and again, so nothing needs to reach this machine
//! from outside. An event that was decided first can be written a moment after
//! one that was decided later, and then stands before it in the list.
//! Therefore each poll goes back to where the list ended [`REREAD`] before the
//! last complete poll began, and what is known by its id is passed over: every
//! event comes once, as long as it is written within that time.

use crate::cli::connection::{Api, ApiError};
use portico_domain::{EventFilter, EventId, EventName, Time};
use serde_json::Value;
use std::{
    collections::{BTreeSet, VecDeque},
    time::{Duration, Instant},
};

/// As long as API Gateway waits for a function, which decides at its beginning
/// and writes before its end.
const REREAD: Duration = Duration::from_secs(30);

const PAGE: &str = "1000";

/// An event as the list has it. A type that this version does not know is no
/// reason to lose it.
pub(crate) struct Listed {
    pub(crate) id: EventId,
    pub(crate) kind: String,
    pub(crate) event: Value,
}

/// The events since a moment.
pub(crate) struct Feed {
    api: Api,
    filters: Vec<EventFilter>,
    window: Window,
    /// When the present poll began, and where it goes on.
    poll: Option<(Instant, String)>,
}

impl Feed {
    /// What happens from now on, or has happened after an event. Fails if the
    /// API does not let the key read events.
    pub(crate) async fn open(
        api: Api,
        filters: Vec<EventFilter>,
        after: Option<EventId>,
    ) -> Result<Self, ApiError> {
        let began = Instant::now();
        let answer = api.get("/v1/events", &[("limit", "1")]).await?;
        // This machine's clock may be off, and a local server's may be moved.
        let local = api.local_time().await?;
        let now = local.or(answer.date).unwrap_or_else(Time::system_now);
        let start = after.unwrap_or_else(|| EventId::least_at(now));
        Ok(Self {
            api,
            filters,
            window: Window::new(began, start),
            poll: None,
        })
    }

    /// Reads on. Of a long list it is one page, and [`Feed::is_behind`].
    pub(crate) async fn read(&mut self) -> Result<Vec<Listed>, ApiError> {
        let after = self.window.after().to_string();
        // What has not settled yet is told at once; the window sees to order.
        let mut query = vec![
            ("after", after.as_str()),
            ("settled", "false"),
            ("limit", PAGE),
        ];
        let now = Instant::now();
        let (began, token) = match &self.poll {
            Some((began, token)) => (*began, Some(token.clone())),
            None => (now, None),
        };
        if let Some(token) = &token {
            query.push(("nextToken", token));
        }
        let page = self.api.get("/v1/events", &query).await?.body;
        let listed = page["data"].as_array().into_iter().flatten();
        let listed: Vec<Listed> = listed.filter_map(Listed::read).collect();
        let new = listed
            .into_iter()
            .filter(|one| self.window.is_new(one.id))
            .filter(|one| is_wanted(&self.filters, &one.kind))
            .collect();
        self.poll = page["nextToken"]
            .as_str()
            .map(|token| (began, token.to_owned()));
        if self.poll.is_none() {
            self.window.ended(began, Instant::now());
        }
        Ok(new)
    }

    /// Whether there is more to read already.
    pub(crate) fn is_behind(&self) -> bool {
        self.poll.is_some()
    }
}

impl Listed {
    /// The event in this member of a list.
    pub(crate) fn read(event: &Value) -> Option<Self> {
        Some(Self {
            id: event["id"].as_str()?.parse().ok()?,
            kind: crate::cli::console::harmless(event["eventType"].as_str()?),
            event: event.clone(),
        })
    }
}

fn is_wanted(filters: &[EventFilter], name: &str) -> bool {
    EventName::parse(name).is_none_or(|name| filters.iter().any(|filter| filter.matches(&name)))
}

/// Where reading begins again, and what has been read from there on.
struct Window {
    /// Where the list ended when polls ended, the oldest first; never empty.
    marks: VecDeque<(Instant, EventId)>,
    newest: EventId,
    seen: BTreeSet<EventId>,
}

impl Window {
    fn new(now: Instant, start: EventId) -> Self {
        Self {
            marks: VecDeque::from([(now, start)]),
            newest: start,
            seen: BTreeSet::new(),
        }
    }

    fn after(&self) -> EventId {
        self.marks.front().map_or(self.newest, |(_, id)| *id)
    }

    fn is_new(&mut self, id: EventId) -> bool {
        self.newest = self.newest.max(id);
        self.seen.insert(id)
    }

    /// A poll that began then has come to the list's end now.
    fn ended(&mut self, began: Instant, now: Instant) {
        self.marks.push_back((now, self.newest));
        while self
            .marks
            .get(1)
            .is_some_and(|(at, _)| *at + REREAD <= began)
        {
            self.marks.pop_front();
        }
        self.seen = self.seen.split_off(&self.after());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(millis: i64) -> EventId {
        EventId::least_at(Time::from_unix_millis(millis))
    }

    /// A poll at this second finds these events, and answers with the new ones.
    fn poll(window: &mut Window, began: Instant, list: &[i64]) -> Vec<i64> {
        let after = window.after();
        let found: Vec<i64> = list
            .iter()
            .copied()
            .filter(|millis| id(*millis) > after)
            .filter(|millis| window.is_new(id(*millis)))
            .collect();
        window.ended(began, began);
        found
    }

    #[test]
    fn what_is_written_late_still_comes_and_nothing_comes_twice() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::new(start, id(0));

        assert_eq!(poll(&mut window, at(1), &[1_000]), [1_000]);
        assert_eq!(poll(&mut window, at(5), &[1_000, 4_000]), [4_000]);
        assert_eq!(
            poll(&mut window, at(25), &[500, 1_000, 3_000, 4_000]),
            [500, 3_000]
        );
        assert!(poll(&mut window, at(26), &[500, 1_000, 3_000, 4_000]).is_empty());
    }

    #[test]
    fn reading_begins_again_where_the_list_ended_a_while_ago() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::new(start, id(0));
        for second in 1..=100 {
            let millis = i64::try_from(second).unwrap() * 1_000;
            assert_eq!(poll(&mut window, at(second), &[millis]), [millis]);
        }

        assert_eq!(window.after(), id(70_000));
        assert!(window.seen.len() <= 31, "{}", window.seen.len());
    }

    #[test]
    fn a_machine_that_slept_goes_on_where_it_was() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::new(start, id(0));
        poll(&mut window, at(40), &[40_000]);
        poll(&mut window, at(41), &[41_000]);

        // Nothing was read for a day; what was written late before is there.
        let found = poll(&mut window, at(86_400), &[40_000, 40_500, 41_000, 90_000]);

        assert_eq!(found, [40_500, 90_000]);
    }

    #[test]
    fn filters_are_those_of_endpoints_and_new_types_pass() {
        let filters = [EventFilter::parse("--events", "client.*").unwrap()];

        assert!(is_wanted(&filters, "client.created"));
        assert!(!is_wanted(&filters, "company.created"));
        assert!(is_wanted(&filters, "client.inventedLater"));
    }
}
