//! Where an event is made to happen: what is made for it, and how.

use super::TriggerError;
use crate::cli::{
    connection::Api,
    console::{Console, FAINT, harmless},
    print,
};
use portico_domain::{EventType, Time};
use portico_local::clock::duration_in_words;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// How long a mail or an event may take.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(200);

/// What is made under one name.
pub(super) struct Stage<'a> {
    api: &'a Api,
    console: Console,
    is_local: bool,
    /// Eight digits that no other run has.
    mark: String,
    /// What the simulator of Amazon SES does with mail, if it gets it.
    simulated: Option<&'static str>,
    endpoint: Option<String>,
    left_behind: Vec<String>,
}

impl<'a> Stage<'a> {
    /// Asks only where it is.
    pub(super) async fn new(api: &'a Api, console: Console) -> Result<Self, TriggerError> {
        let is_local = api.local_time().await?.is_some();
        let random = Uuid::now_v7().simple().to_string();
        Ok(Self {
            api,
            console,
            is_local,
            mark: random.get(24..).unwrap_or(&random).to_owned(),
            simulated: None,
            endpoint: None,
            left_behind: Vec::new(),
        })
    }

    /// Whether it is a server on one machine, with a mailbox and a clock.
    pub(super) fn is_local(&self) -> bool {
        self.is_local
    }

    /// How everything here is named.
    pub(super) fn name(&self) -> String {
        format!("Trigger {}", self.mark)
    }

    /// What will still be there.
    pub(super) fn left_behind(&self) -> &[String] {
        &self.left_behind
    }

    /// Mail to a made-up address would come back and harm the installation's
    /// name; the simulator of Amazon SES takes it and counts nothing.
    fn email(&self) -> String {
        match (self.is_local, self.simulated) {
            (true, None) => format!("trigger-{}@example.com", self.mark),
            (_, fate) => {
                let fate = fate.unwrap_or("success");
                format!("{fate}+trigger-{}@simulator.amazonses.com", self.mark)
            }
        }
    }

    /// A new client who could be taken for the other one.
    pub(super) async fn twin(&mut self) -> Result<String, TriggerError> {
        let body = json!({
            "givenName": "Trigger",
            "familyName": self.mark,
            "email": self.email().replacen("trigger-", "trigger-twin-", 1),
        });
        self.make("client", "/v1/clients", &body).await
    }

    /// Has the next client's mail end as the simulator does it for this name.
    pub(super) fn simulate(&mut self, fate: &'static str) {
        self.simulated = Some(fate);
    }

    /// A new client in these companies.
    pub(super) async fn client(&mut self, companies: &[&String]) -> Result<String, TriggerError> {
        let body = json!({
            "givenName": "Trigger",
            "familyName": self.mark,
            "email": self.email(),
            "companyIds": companies,
        });
        self.make("client", "/v1/clients", &body).await
    }

    /// A new company.
    pub(super) async fn company(&mut self) -> Result<String, TriggerError> {
        let body = json!({ "name": self.name() });
        self.make("company", "/v1/companies", &body).await
    }

    /// A new internal user who sees no client.
    pub(super) async fn internal_user(&mut self) -> Result<String, TriggerError> {
        let body = json!({
            "givenName": "Trigger",
            "familyName": self.mark,
            "email": self.email(),
            "role": "staff",
            "isClientAccessLimited": true,
            "companyAccessList": [],
        });
        self.make("internal user", "/v1/internal-users", &body)
            .await
    }

    /// A new key or role that allows nothing.
    pub(super) async fn access(&mut self, what: &str, path: &str) -> Result<String, TriggerError> {
        let body = json!({ "name": self.name(), "permissions": [] });
        self.make(what, path, &body).await
    }

    /// A new service that nobody can ask for.
    pub(super) async fn service(&mut self) -> Result<String, TriggerError> {
        let body = json!({ "name": self.name(), "isActive": false });
        self.make("service", "/v1/services", &body).await
    }

    /// A new invoice of one cent for this client.
    pub(super) async fn invoice(&mut self, client: &str) -> Result<String, TriggerError> {
        let body = json!({
            "clientId": client,
            "lineItems": [{ "description": self.name(), "amount": 1, "quantity": 1 }],
            "daysUntilDue": 14,
        });
        self.make("invoice", "/v1/invoices", &body).await
    }

    /// Voids an invoice.
    pub(super) async fn void(&self, path: &str) -> Result<(), TriggerError> {
        let path = format!("{path}/void");
        self.ask(Method::POST, &path, Some(&json!({}))).await?;
        Ok(())
    }

    /// A new endpoint that hardly gets anything.
    pub(super) async fn endpoint(&mut self) -> Result<String, TriggerError> {
        let url = if self.is_local {
            format!("{}/_dev/hooks/trigger", self.api.url())
        } else {
            "https://example.com/".to_owned()
        };
        let body = json!({
            "url": url,
            "eventTypes": [EventType::WebhookEndpointDisabled.name()],
            "description": self.name(),
        });
        let id = self
            .make("webhook endpoint", "/v1/webhook-endpoints", &body)
            .await?;
        self.endpoint = Some(id.clone());
        Ok(id)
    }

    /// Removes what would count against a limit: a workspace has 100 endpoints
    /// at most.
    pub(super) async fn tidy(&mut self) -> Result<(), TriggerError> {
        match self.endpoint.take() {
            Some(id) => self.delete(&format!("/v1/webhook-endpoints/{id}")).await,
            None => Ok(()),
        }
    }

    /// A new invitation of this client.
    pub(super) async fn invitation(&mut self, client: &str) -> Result<Value, TriggerError> {
        say("Setting up fixture for: invitation")?;
        let body = json!({ "clientId": client });
        self.ask(Method::POST, "/v1/invitations", Some(&body)).await
    }

    async fn make(&mut self, kind: &str, path: &str, body: &Value) -> Result<String, TriggerError> {
        say(&format!("Setting up fixture for: {kind}"))?;
        let made = self.ask(Method::POST, path, Some(body)).await?;
        let id = made["id"].as_str().ok_or(TriggerError::Missing("id"))?;
        self.left_behind
            .push(format!("{kind} {} ({id})", self.name()));
        Ok(id.to_owned())
    }

    pub(super) async fn patch(&self, path: &str, change: &Value) -> Result<(), TriggerError> {
        self.ask(Method::PATCH, path, Some(change))
            .await
            .map(|_| ())
    }

    /// Archives or deletes what was made last.
    pub(super) async fn delete(&mut self, path: &str) -> Result<(), TriggerError> {
        self.ask(Method::DELETE, path, None).await?;
        self.left_behind.pop();
        Ok(())
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, TriggerError> {
        // A link is a secret of its client.
        let shown = if path.starts_with("/i/") {
            "/i/…/accept"
        } else {
            path
        };
        say(&format!("Running: {method} {shown}"))?;
        Ok(self.api.ask(method, path, body).await?.body)
    }

    /// The path of the link in the invitation's mail.
    pub(super) async fn link(&self) -> Result<String, TriggerError> {
        let query = format!("to:{}", self.email());
        let mail = eventually("the mail with the invitation", async || {
            let found = self
                .api
                .get("/_dev/mail/api/v1/search", &[("query", &query)])
                .await?;
            let Some(id) = found.body["messages"][0]["ID"].as_str() else {
                return Ok(None);
            };
            let path = format!("/_dev/mail/api/v1/message/{id}");
            Ok(Some(self.api.get(&path, &[]).await?.body))
        })
        .await?;
        let text = mail["Text"].as_str().unwrap_or_default();
        let link = text
            .split_whitespace()
            .find_map(|word| word.find("/i/").map(|at| &word[at..]));
        link.map(ToOwned::to_owned)
            .ok_or(TriggerError::Missing("the link"))
    }

    /// What time it is for a server on one machine.
    pub(super) async fn local_time(&self) -> Result<Time, TriggerError> {
        let now = self.api.local_time().await?;
        now.ok_or(TriggerError::Missing("now"))
    }

    /// Moves the clock of a server on one machine forward, for good.
    pub(super) async fn advance(&mut self, by: Duration) -> Result<(), TriggerError> {
        let far = duration_in_words(by);
        say(&format!(
            "The server's clock is moved forward for good, by {far}"
        ))?;
        let body = json!({ "advance": format!("{}s", by.as_secs()) });
        self.ask(Method::POST, "/_dev/clock", Some(&body)).await?;
        self.left_behind.push(format!(
            "a clock that is {far} ahead of before. Webhooks of registered endpoints are signed with its time, and verifiers refuse what is more than five minutes off; for a clock that is right start `portico dev` anew, with --memory or another --data, or receive with `portico listen`"
        ));
        Ok(())
    }

    /// The id of the event of this type about this object, when it is there.
    pub(super) async fn event(
        &self,
        kind: EventType,
        object: &str,
    ) -> Result<String, TriggerError> {
        let waiting = self.console.paint(FAINT, "Waiting for the event");
        say(&waiting)?;
        let query = [("objectId", object), ("eventType", kind.name())];
        eventually(kind.name(), async || {
            let page = self.api.get("/v1/events", &query).await?.body;
            Ok(page["data"][0]["id"].as_str().map(harmless))
        })
        .await
    }
}

/// Tells what is done.
pub(super) fn say(text: &str) -> Result<(), TriggerError> {
    print(text).map_err(TriggerError::Print)
}

/// Asks until there is an answer.
async fn eventually<T>(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<Option<T>, TriggerError>,
) -> Result<T, TriggerError> {
    let asking = async {
        loop {
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let asked = tokio::time::timeout(PATIENCE, asking).await;
    asked.unwrap_or_else(|_| Err(TriggerError::TooLate(what.to_owned(), PATIENCE.as_secs())))
}
