//! A HubSpot account, as `developers.hubspot.com/docs/api-reference` describes
//! the CRM's objects, associations and properties.

use super::{Asked, StandIn, Told};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

/// The token that the account takes.
pub const TOKEN: &str = "pat-na1-11111111-2222-3333-4444-555555555555";

const CONTACT_PROPERTIES: &[&str] = &[
    "email",
    "firstname",
    "lastname",
    "phone",
    "jobtitle",
    "lifecyclestage",
];

/// A HubSpot account.
pub struct HubSpot {
    /// The requests that it got.
    pub stand_in: StandIn,
    account: Arc<Mutex<Account>>,
}

/// What is in the account.
#[derive(Debug, Default)]
pub struct Account {
    /// Contacts by e-mail address: id and properties.
    pub contacts: BTreeMap<String, (String, Map<String, Value>)>,
    /// Companies by the property with unique values.
    pub companies: BTreeMap<String, (String, Map<String, Value>)>,
    /// Which contact is at which company, by ids.
    pub associations: BTreeSet<(String, String)>,
    /// Whether the property for companies is there, and has unique values.
    pub company_property: Option<bool>,
    /// Properties that the account has made for its contacts.
    pub own_properties: BTreeSet<String>,
}

impl HubSpot {
    /// An account that knows `portico_company_id`.
    pub async fn start() -> Self {
        let account = Arc::new(Mutex::new(Account {
            company_property: Some(true),
            ..Account::default()
        }));
        let inside = Arc::clone(&account);
        let answer = move |asked: &Asked| inside.lock().expect("no test panicked").answer(asked);
        Self {
            stand_in: StandIn::start(answer).await,
            account,
        }
    }

    /// What is in the account now.
    pub fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().expect("no test panicked")
    }
}

/// An error in HubSpot's shape.
pub fn error(status: u16, category: &str, message: &str) -> Told {
    let body = json!({
        "status": "error",
        "message": message,
        "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
        "category": category,
    });
    Told::json(status, &body)
}

impl Account {
    fn answer(&mut self, asked: &Asked) -> Told {
        if asked.header("authorization") != format!("Bearer {TOKEN}") {
            let message = "Authentication credentials not found.";
            return error(401, "INVALID_AUTHENTICATION", message);
        }
        let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
        match (asked.method.as_str(), &parts[..]) {
            ("POST", ["crm", "v3", "objects", object, "batch", "upsert"]) => {
                self.upsert(object, asked)
            }
            ("GET", ["crm", "v3", "objects", object, id]) => self.read(object, id, asked),
            ("PATCH", ["crm", "v3", "objects", "contacts", id]) => self.update_contact(id, asked),
            ("GET", ["crm", "v3", "properties", object, name]) => self.property(object, name),
            (
                "PUT",
                [
                    "crm",
                    "v4",
                    "objects",
                    "contacts",
                    contact,
                    "associations",
                    "default",
                    "companies",
                    company,
                ],
            ) => self.associate(contact, company),
            (
                "DELETE",
                [
                    "crm",
                    "v4",
                    "objects",
                    "contacts",
                    contact,
                    "associations",
                    "companies",
                    company,
                ],
            ) => {
                let pair = ((*contact).to_owned(), (*company).to_owned());
                self.associations.remove(&pair);
                Told::text(204, "")
            }
            _ => error(404, "OBJECT_NOT_FOUND", "resource not found"),
        }
    }

    fn upsert(&mut self, object: &str, asked: &Asked) -> Told {
        let invalid = |message: &str| error(400, "VALIDATION_ERROR", message);
        if !asked.is_json() {
            return error(415, "VALIDATION_ERROR", "Unsupported Media Type");
        }
        let body = asked.json();
        let inputs = body["inputs"].as_array().cloned().unwrap_or_default();
        if inputs.is_empty() || inputs.len() > 100 {
            return invalid("Batch size must be between 1 and 100");
        }
        let mut results = Vec::new();
        for input in &inputs {
            let (Some(id), Some(properties)) =
                (input["id"].as_str(), input["properties"].as_object())
            else {
                return invalid("Invalid input JSON: each input needs id and properties");
            };
            let key = self.key(object);
            if id.is_empty() || input["idProperty"].as_str() != key {
                return invalid("idProperty must be a property with unique values");
            }
            if let Some(wrong) = wrong(object, id, properties) {
                return invalid(&wrong);
            }
            results.push(self.write(object, id, properties));
        }
        let body = json!({
            "status": "COMPLETE",
            "results": results,
            "startedAt": "2026-11-23T00:00:00.000Z",
            "completedAt": "2026-11-23T00:00:00.100Z",
        });
        Told::json(200, &body)
    }

    /// The property by which records of this object are found.
    fn key(&self, object: &str) -> Option<&'static str> {
        match object {
            "contacts" => Some("email"),
            "companies" if self.company_property == Some(true) => Some("portico_company_id"),
            _ => None,
        }
    }

    fn write(&mut self, object: &str, id: &str, properties: &Map<String, Value>) -> Value {
        let (records, first) = match object {
            "contacts" => (&mut self.contacts, 101),
            _ => (&mut self.companies, 9_001),
        };
        let is_new = !records.contains_key(id);
        let number = (first + records.len()).to_string();
        let record = records.entry(id.to_owned()).or_insert((number, Map::new()));
        record.1.extend(properties.clone());
        json!({
            "id": record.0,
            "properties": record.1,
            "createdAt": "2026-11-23T00:00:00.000Z",
            "updatedAt": "2026-11-23T00:00:00.000Z",
            "archived": false,
            "new": is_new,
        })
    }

    fn update_contact(&mut self, email: &str, asked: &Asked) -> Told {
        let email = plain(email);
        let body = asked.json();
        let Some(properties) = body["properties"].as_object() else {
            return error(400, "VALIDATION_ERROR", "Invalid input JSON");
        };
        let new = properties.get("email").and_then(Value::as_str);
        let new = new.unwrap_or(&email).to_owned();
        if asked.query != "idProperty=email" {
            return error(400, "VALIDATION_ERROR", "an id is a number");
        }
        if let Some(wrong) = wrong("contacts", &new, properties) {
            return error(400, "VALIDATION_ERROR", &wrong);
        }
        if new != email && self.contacts.contains_key(&new) {
            return error(409, "CONFLICT", "A contact with that email already exists");
        }
        let Some((number, mut written)) = self.contacts.remove(&email) else {
            return error(404, "OBJECT_NOT_FOUND", "resource not found");
        };
        written.extend(properties.clone());
        let answer = json!({ "id": number, "properties": written, "archived": false });
        self.contacts.insert(new, (number, written));
        Told::json(200, &answer)
    }

    fn read(&self, object: &str, id: &str, asked: &Asked) -> Told {
        let key = self.key(object).unwrap_or_default();
        if !asked
            .query
            .split('&')
            .any(|one| one == format!("idProperty={key}"))
        {
            return error(
                400,
                "VALIDATION_ERROR",
                "idProperty must have unique values",
            );
        }
        let records = match object {
            "contacts" => &self.contacts,
            _ => &self.companies,
        };
        match records.get(&plain(id)) {
            Some((number, properties)) => {
                Told::json(200, &json!({ "id": number, "properties": properties }))
            }
            None => error(404, "OBJECT_NOT_FOUND", "resource not found"),
        }
    }

    fn property(&self, object: &str, name: &str) -> Told {
        let is_unique = match (object, name) {
            ("contacts", "email") => Some(true),
            ("companies", "portico_company_id") => self.company_property,
            ("contacts", name)
                if CONTACT_PROPERTIES.contains(&name) || self.own_properties.contains(name) =>
            {
                Some(false)
            }
            _ => None,
        };
        match is_unique {
            Some(is_unique) => Told::json(
                200,
                &json!({ "name": name, "type": "string", "hasUniqueValue": is_unique }),
            ),
            None => error(404, "OBJECT_NOT_FOUND", "property does not exist"),
        }
    }

    fn associate(&mut self, contact: &str, company: &str) -> Told {
        let is_there = |records: &BTreeMap<String, (String, Map<String, Value>)>, id: &str| {
            records.values().any(|(number, _)| number == id)
        };
        if !is_there(&self.contacts, contact) || !is_there(&self.companies, company) {
            return error(404, "OBJECT_NOT_FOUND", "one of the records does not exist");
        }
        let pair = (contact.to_owned(), company.to_owned());
        self.associations.insert(pair);
        Told::json(200, &json!({ "status": "COMPLETE", "results": [] }))
    }
}

/// An e-mail address as it stood in the path.
fn plain(address: &str) -> String {
    let address = address.replace("%40", "@");
    address.replace("%2E", ".").replace("%2D", "-")
}

/// What HubSpot would say against these properties.
fn wrong(object: &str, id: &str, properties: &Map<String, Value>) -> Option<String> {
    if object == "contacts" && !id.contains('@') {
        return Some(format!("Email address {id} is invalid"));
    }
    let known: &[&str] = match object {
        "contacts" => CONTACT_PROPERTIES,
        _ => &["name", "portico_company_id"],
    };
    properties.iter().find_map(|(name, value)| {
        if !known.contains(&name.as_str()) {
            return Some(format!("Property \"{name}\" does not exist"));
        }
        (!value.is_string()).then(|| format!("Property \"{name}\" is not a string"))
    })
}
