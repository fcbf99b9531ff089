//! A Salesforce org, as the REST API Developer Guide describes upserting by an
//! external id and Salesforce Help the client credentials flow.

use super::{Asked, StandIn, Told};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

/// The consumer key that the org takes.
pub const CLIENT_ID: &str = "3MVG9.example";

/// The consumer secret that the org takes; every character of it has to be
/// encoded in a form.
pub const CLIENT_SECRET: &str = "A+B&C=D%E";

const EXTERNAL_ID: &str = "Portico_Id__c";

/// A Salesforce org.
pub struct Salesforce {
    /// The requests that it got.
    pub stand_in: StandIn,
    org: Arc<Mutex<Org>>,
}

/// What is in the org.
#[derive(Debug, Default)]
pub struct Org {
    /// Contacts by external id.
    pub contacts: BTreeMap<String, Map<String, Value>>,
    /// Accounts by external id.
    pub accounts: BTreeMap<String, Map<String, Value>>,
    sessions: BTreeSet<String>,
    tokens_given: usize,
}

impl Salesforce {
    /// An org that knows `Portico_Id__c`.
    pub async fn start() -> Self {
        let org = Arc::new(Mutex::new(Org::default()));
        let inside = Arc::clone(&org);
        let answer = move |asked: &Asked| inside.lock().expect("no test panicked").answer(asked);
        Self {
            stand_in: StandIn::start(answer).await,
            org,
        }
    }

    /// What is in the org now.
    pub fn org(&self) -> MutexGuard<'_, Org> {
        self.org.lock().expect("no test panicked")
    }
}

fn error(status: u16, code: &str, message: &str) -> Told {
    Told::json(status, &json!([{ "message": message, "errorCode": code }]))
}

impl Org {
    /// Ends every session.
    pub fn end_sessions(&mut self) {
        self.sessions.clear();
    }

    /// How many tokens it has given.
    pub fn tokens_given(&self) -> usize {
        self.tokens_given
    }

    fn answer(&mut self, asked: &Asked) -> Told {
        if asked.path == "/services/oauth2/token" {
            return self.token(asked);
        }
        let token = asked.header("authorization").strip_prefix("Bearer ");
        if !token.is_some_and(|token| self.sessions.contains(token)) {
            return error(401, "INVALID_SESSION_ID", "Session expired or invalid");
        }
        let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
        match (asked.method.as_str(), &parts[..]) {
            ("PATCH", ["services", "data", "v62.0", "sobjects", object, field, id]) => {
                self.upsert(object, field, id, asked)
            }
            ("GET", ["services", "data", "v62.0", "query"]) => query(&asked.query),
            _ => error(404, "NOT_FOUND", "The requested resource does not exist"),
        }
    }

    fn token(&mut self, asked: &Asked) -> Told {
        let is_form = asked.header("content-type") == "application/x-www-form-urlencoded";
        let expected =
            "grant_type=client_credentials&client_id=3MVG9.example&client_secret=A%2BB%26C%3DD%25E";
        if asked.method != "POST" || !is_form || asked.body != expected {
            let body = json!({ "error": "invalid_client", "error_description": "invalid client credentials" });
            return Told::json(400, &body);
        }
        self.tokens_given += 1;
        let token = format!(
            "00Dxx0000001gPL!AR8AQP0jITN80ESEsj5EbaZTFG0R{}",
            self.tokens_given
        );
        self.sessions.insert(token.clone());
        let body = json!({
            "access_token": token,
            "signature": "2P+jMPRWqGLKDTHcLWmDBG8frv0t",
            "instance_url": "https://acme.my.salesforce.com",
            "id": "https://login.salesforce.com/id/00Dxx0000001gPL/005xx000001SwiU",
            "token_type": "Bearer",
            "issued_at": "1795300000000",
        });
        Told::json(200, &body)
    }

    fn upsert(&mut self, object: &str, field: &str, id: &str, asked: &Asked) -> Told {
        if field != EXTERNAL_ID {
            let message =
                format!("Provided external ID field does not exist or is not accessible: {field}");
            return error(404, "NOT_FOUND", &message);
        }
        let Value::Object(record) = asked.json() else {
            return error(400, "JSON_PARSER_ERROR", "an object is expected");
        };
        if !asked.is_json() {
            return error(
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "Content-Type is not supported",
            );
        }
        if let Some(wrong) = self.wrong(object, id, &record) {
            return wrong;
        }
        let records = match object {
            "Contact" => &mut self.contacts,
            _ => &mut self.accounts,
        };
        let is_new = !records.contains_key(id);
        records.entry(id.to_owned()).or_default().extend(record);
        let body =
            json!({ "id": "003xx000004TmiQAAS", "success": true, "errors": [], "created": is_new });
        Told::json(if is_new { 201 } else { 200 }, &body)
    }

    fn wrong(&self, object: &str, id: &str, record: &Map<String, Value>) -> Option<Told> {
        let Some(known) = fields(object) else {
            return Some(error(
                404,
                "NOT_FOUND",
                "The requested resource does not exist",
            ));
        };
        if let Some(name) = record.keys().find(|name| !known.contains(&name.as_str())) {
            let message = format!("No such column '{name}' on sobject of type {object}");
            return Some(error(400, "INVALID_FIELD", &message));
        }
        let (required, records) = match object {
            "Contact" => ("LastName", &self.contacts),
            _ => ("Name", &self.accounts),
        };
        let is_filled = |name: &str| {
            record
                .get(name)
                .and_then(Value::as_str)
                .is_some_and(|text| !text.is_empty())
        };
        if !records.contains_key(id) && !is_filled(required) {
            let message = format!("Required fields are missing: [{required}]");
            return Some(error(400, "REQUIRED_FIELD_MISSING", &message));
        }
        let account = record.get("Account")?;
        let account = account[EXTERNAL_ID].as_str().unwrap_or_default();
        if !self.accounts.contains_key(account) {
            let message = format!(
                "Foreign key external ID: {account} not found for field {EXTERNAL_ID} in entity Account"
            );
            return Some(error(400, "INVALID_FIELD", &message));
        }
        None
    }
}

/// The fields of an object besides its ids.
fn fields(object: &str) -> Option<&'static [&'static str]> {
    match object {
        "Contact" => Some(&[
            "FirstName",
            "LastName",
            "Email",
            "Phone",
            "Title",
            "Account",
            "AccountId",
            "LeadSource",
        ]),
        "Account" => Some(&["Name"]),
        _ => None,
    }
}

/// Answers what a test asks for.
fn query(query: &str) -> Told {
    let query = query.replace('+', " ").replace("%2C", ",");
    let query = query.replace("%3D", "=").replace("%27", "'");
    let malformed = error(400, "MALFORMED_QUERY", "unexpected token");
    let Some((asked, from)) = query
        .strip_prefix("q=SELECT Id, ")
        .and_then(|rest| rest.split_once(" FROM "))
    else {
        return malformed;
    };
    let condition = format!(" WHERE {EXTERNAL_ID} = 'portico-test' LIMIT 1");
    let object = from.strip_suffix(&condition).unwrap_or_default();
    let Some(known) = fields(object) else {
        return malformed;
    };
    match asked.split(", ").find(|name| !known.contains(name)) {
        Some(name) => {
            let message = format!("No such column '{name}' on entity '{object}'.");
            error(400, "INVALID_FIELD", &message)
        }
        None => Told::json(200, &json!({ "totalSize": 0, "done": true, "records": [] })),
    }
}
