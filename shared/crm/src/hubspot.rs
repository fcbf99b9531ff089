//! HubSpot: contacts are written over by e-mail address, companies by an id of
//! ours.
//!
//! A company of ours has no domain, and HubSpot does not keep two companies
//! from having one domain, so `domain` cannot find a company. A property with
//! unique values can: it has to be made once in the account, and holds the id
//! that the company has here. Everything happens by
//! `POST /crm/v3/objects/{contacts,companies}/batch/upsert` with one input.
//!
//! Nothing is ever deleted there. Who is archived here stays a contact.

use crate::{
    Done, Judged, Story,
    line::{Answer, Line},
    mapping::{CLIENT_FIELDS, COMPANY_FIELDS, Mapped, Mapping, Rules, is_name, text},
    reach::Reach,
    settings::{Mappings, credential, parse, yes},
};
use futures_util::{
    future,
    stream::{self, StreamExt, TryStreamExt},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use portico_domain::{EventType, Invalid};
use portico_keys::Secret;
use portico_webhook::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const API: &str = "https://api.hubapi.com";

const COMPANY_ID: &str = "portico_company_id";

/// What is said of a property that is not there.
const MISSING: &str = "property_missing";

/// How many properties are asked for at once: HubSpot takes a hundred requests
/// in ten seconds.
const ASKED_AT_ONCE: usize = 8;

const CONTACT: Rules = Rules {
    field: "settings.mapping.contact",
    usual: &[
        ("firstname", &["givenName"]),
        ("lastname", &["familyName"]),
        ("phone", &["phone"]),
        ("jobtitle", &["position"]),
    ],
    known: CLIENT_FIELDS,
};

const COMPANY: Rules = Rules {
    field: "settings.mapping.company",
    usual: &[("name", &["name"])],
    known: COMPANY_FIELDS,
};

/// How a HubSpot account is reached, and what it gets.
#[derive(Clone, Debug)]
pub struct Settings {
    access_token: Secret,
    companies: bool,
    company_id_property: String,
    contact: Mapping,
    company: Mapping,
    base: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    access_token: String,
    #[serde(default = "yes")]
    companies: bool,
    #[serde(default)]
    company_id_property: Option<String>,
    #[serde(default)]
    mapping: Mappings,
}

impl Settings {
    pub(crate) fn read(reach: Reach, given: &Map<String, Value>) -> Result<Self, Invalid> {
        // Where a stand-in answers; nobody else is told that there is this.
        let mut given = given.clone();
        let stand_in = given.remove("apiBase");
        let given: Given = parse(&given)?;
        let property = given
            .company_id_property
            .unwrap_or_else(|| COMPANY_ID.to_owned());
        if !is_name(&property) {
            let message = "companyIdProperty is the internal name of a property";
            return Err(Invalid::new(
                "settings.companyIdProperty",
                "property_invalid",
                message,
            ));
        }
        Ok(Self {
            access_token: credential("settings.accessToken", given.access_token)?,
            companies: given.companies,
            contact: Mapping::read(&CONTACT, &given.mapping.contact, &["email"])?,
            company: Mapping::read(&COMPANY, &given.mapping.company, &[&property])?,
            company_id_property: property,
            base: base(reach, stand_in.as_ref())?,
        })
    }

    /// Where the API is.
    pub(crate) fn place(&self) -> &str {
        &self.base
    }

    pub(crate) fn view(&self) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("companies".to_owned(), self.companies.into());
        view.insert(
            "companyIdProperty".to_owned(),
            self.company_id_property.clone().into(),
        );
        view
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn token(&self) -> &str {
        self.access_token.expose()
    }
}

fn base(reach: Reach, given: Option<&Value>) -> Result<String, Invalid> {
    let Some(given) = given else {
        return Ok(API.to_owned());
    };
    let field = "settings.apiBase";
    if !reach.allows_stand_ins() {
        let message = "there is no field settings.apiBase";
        return Err(Invalid::new(field, "field_unknown", message));
    }
    let given = given.as_str().unwrap_or_default();
    let url = reach.vet(field, given, |_| false, "the URL of a stand-in on loopback")?;
    Ok(url.origin().ascii_serialization())
}

/// Tells HubSpot of the event.
pub(crate) async fn deliver(line: &Line<'_>, settings: &Settings, story: &Story<'_>) -> Done {
    let Some(kind) = story.kind() else {
        return Done::NothingToDo("HubSpot keeps no record of an app's own events");
    };
    match kind {
        EventType::ClientCreated
        | EventType::ClientUpdated
        | EventType::ClientActivated
        | EventType::ClientRestored
        | EventType::ClientMerged
        | EventType::ClientStatusChanged => contact(line, settings, story).await,
        EventType::CompanyCreated
        | EventType::CompanyUpdated
        | EventType::CompanyClientAdded
        | EventType::CompanyClientRemoved
            if !settings.companies =>
        {
            Done::NothingToDo("companies are switched off in the settings")
        }
        EventType::CompanyCreated | EventType::CompanyUpdated => {
            company(line, settings, story).await
        }
        EventType::CompanyClientAdded => join(line, settings, story).await,
        EventType::CompanyClientRemoved => leave(line, settings, story).await,
        EventType::ClientArchived
        | EventType::ClientDeleted
        | EventType::CompanyDeleted
        | EventType::CompanyEmptied => {
            Done::NothingToDo("what is removed in Portico stays in HubSpot")
        }
        EventType::InvitationSent
        | EventType::InvitationDelivered
        | EventType::InvitationBounced
        | EventType::InvitationComplained
        | EventType::InvitationFailed
        | EventType::InvitationAccepted
        | EventType::InvitationExpired
        | EventType::InvitationCancelled
        | EventType::InternalUserCreated
        | EventType::InternalUserUpdated
        | EventType::InternalUserDeleted
        | EventType::ApiKeyCreated
        | EventType::ApiKeyUpdated
        | EventType::ApiKeyRevoked
        | EventType::RoleCreated
        | EventType::RoleUpdated
        | EventType::RoleDeleted
        | EventType::LimitReached
        | EventType::ServiceCreated
        | EventType::ServiceUpdated
        | EventType::ServiceDeleted
        | EventType::RequestCreated
        | EventType::RequestStatusChanged
        | EventType::InvoiceCreated
        | EventType::InvoiceUpdated
        | EventType::InvoicePaid
        | EventType::InvoiceVoided
        | EventType::PaymentSucceeded
        | EventType::PaymentFailed
        | EventType::WorkspaceUpdated
        | EventType::CustomFieldCreated
        | EventType::CustomFieldUpdated
        | EventType::CustomFieldDeleted
        | EventType::WebhookEndpointDisabled => {
            Done::NothingToDo("HubSpot keeps no record of this")
        }
    }
}

/// Asks whether the token is good, and whether the properties are there by which
/// companies are found, and those that the settings map besides the usual ones.
pub(crate) async fn test(line: &Line<'_>, settings: &Settings) -> Done {
    Done::Judged(match find_properties(line, settings).await {
        Ok(answer) => line.taken(answer),
        Err(judged) => judged,
    })
}

async fn find_properties(line: &Line<'_>, settings: &Settings) -> Result<Answer, Judged> {
    let mut last = property(line, settings, ("contacts", "email"), MISSING).await?;
    let own = settings.contact.own_properties(&CONTACT);
    find_each(line, settings, "contacts", own).await?;
    if settings.companies {
        let id = ("companies", settings.company_id_property.as_str());
        last = property(line, settings, id, "company_property_missing").await?;
        if last.json()["hasUniqueValue"] != true {
            return Err(line.failed_for(last, "company_property_not_unique"));
        }
        let own = settings.company.own_properties(&COMPANY);
        find_each(line, settings, "companies", own).await?;
    }
    Ok(last)
}

/// Asks for properties of an object, several at once: there may be fifty.
async fn find_each<'a>(
    line: &Line<'_>,
    settings: &Settings,
    object: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<(), Judged> {
    let asked: Vec<_> = names
        .map(|name| property(line, settings, (object, name), MISSING))
        .collect();
    stream::iter(asked)
        .buffered(ASKED_AT_ONCE)
        .try_for_each(|_| future::ready(Ok(())))
        .await
}

/// Asks for a property of an object.
async fn property(
    line: &Line<'_>,
    settings: &Settings,
    (object, name): (&str, &str),
    missing: &'static str,
) -> Result<Answer, Judged> {
    let url = settings.url(&format!("/crm/v3/properties/{object}/{name}"));
    let answer = line.ask(Method::GET, url, settings.token()).await;
    match answer.status() {
        404 => Err(line.failed_for(answer, missing)),
        _ if !answer.is_success() => Err(line.failed(answer)),
        _ => Ok(answer),
    }
}

async fn contact(line: &Line<'_>, settings: &Settings, story: &Story<'_>) -> Done {
    match upsert_contact(line, settings, story).await {
        Ok(record) => Done::Judged(line.taken(record.answer)),
        Err(done) => done,
    }
}

async fn company(line: &Line<'_>, settings: &Settings, story: &Story<'_>) -> Done {
    match upsert_company(line, settings, story).await {
        Ok(record) => Done::Judged(line.taken(record.answer)),
        Err(done) => done,
    }
}

/// Connects the contact with the company, both of which are there afterwards
/// whichever event comes first.
async fn join(line: &Line<'_>, settings: &Settings, story: &Story<'_>) -> Done {
    if story.present_client().is_none() {
        return Done::NothingToDo("the client is gone");
    }
    let company = match upsert_company(line, settings, story).await {
        Ok(record) => record.id,
        Err(done) => return done,
    };
    let contact = match upsert_contact(line, settings, story).await {
        Ok(record) => record.id,
        Err(done) => return done,
    };
    let path =
        format!("/crm/v4/objects/contacts/{contact}/associations/default/companies/{company}");
    let url = settings.url(&path);
    over(line, line.ask(Method::PUT, url, settings.token()).await)
}

async fn leave(line: &Line<'_>, settings: &Settings, story: &Story<'_>) -> Done {
    let Some(client) = story.present_client() else {
        return Done::NothingToDo("the client is gone");
    };
    let contact = match find(line, settings, "contacts", "email", &client.email).await {
        Ok(id) => id,
        Err(done) => return done,
    };
    let property = &settings.company_id_property;
    let company = match find(
        line,
        settings,
        "companies",
        property,
        story.text("companyId"),
    )
    .await
    {
        Ok(id) => id,
        Err(done) => return done,
    };
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/companies/{company}");
    let url = settings.url(&path);
    over(line, line.ask(Method::DELETE, url, settings.token()).await)
}

fn over(line: &Line<'_>, answer: Answer) -> Done {
    Done::Judged(if answer.is_success() {
        line.taken(answer)
    } else {
        line.failed(answer)
    })
}

/// A record that is there now.
struct Record {
    id: String,
    answer: Answer,
}

async fn upsert_contact(
    line: &Line<'_>,
    settings: &Settings,
    story: &Story<'_>,
) -> Result<Record, Done> {
    let client = story.client().unwrap_or_default();
    let email = client.get("email").and_then(Value::as_str);
    let email = email.unwrap_or_default();
    let properties = properties(&settings.contact, &client, story);
    if let Some(before) = story.previous_text("email")
        && let Some(record) = readdress(line, settings, (before, email), &properties).await?
    {
        return Ok(record);
    }
    upsert(line, settings, "contacts", ("email", email), properties).await
}

/// Gives the contact that has the address from before the new one; none if
/// there is no such contact, or another one has the new address already.
async fn readdress(
    line: &Line<'_>,
    settings: &Settings,
    (before, email): (&str, &str),
    properties: &Value,
) -> Result<Option<Record>, Done> {
    let mut properties = properties.clone();
    properties["email"] = email.into();
    let before = utf8_percent_encode(before, NON_ALPHANUMERIC);
    let url = settings.url(&format!(
        "/crm/v3/objects/contacts/{before}?idProperty=email"
    ));
    let body = json!({ "properties": properties });
    let token = Some(settings.token());
    let answer = line.send(Method::PATCH, url, token, &body).await;
    match answer.status() {
        404 | 409 => Ok(None),
        _ if !answer.is_success() => Err(Done::Judged(line.failed(answer))),
        _ => match record_id(&answer.json()) {
            Some(id) => Ok(Some(Record { id, answer })),
            None => Err(Done::Judged(unreadable(line, answer))),
        },
    }
}

async fn upsert_company(
    line: &Line<'_>,
    settings: &Settings,
    story: &Story<'_>,
) -> Result<Record, Done> {
    let Some(company) = story.company() else {
        return Err(Done::NothingToDo("the company is gone"));
    };
    let id = company.get("id").and_then(Value::as_str);
    let key = (&*settings.company_id_property, id.unwrap_or_default());
    let properties = properties(&settings.company, &company, story);
    upsert(line, settings, "companies", key, properties).await
}

/// Every value is a text there, and an empty text clears a property.
fn properties(mapping: &Mapping, fields: &Map<String, Value>, story: &Story<'_>) -> Value {
    let written = |mapped| match mapped {
        Mapped::Value(value) => Value::String(text(&value)),
        Mapped::Cleared => Value::String(String::new()),
    };
    let mapped = mapping.apply(fields, story).into_iter();
    mapped
        .map(|(name, mapped)| (name.to_owned(), written(mapped)))
        .collect::<Map<_, _>>()
        .into()
}

async fn upsert(
    line: &Line<'_>,
    settings: &Settings,
    object: &str,
    (property, id): (&str, &str),
    properties: Value,
) -> Result<Record, Done> {
    let input = json!({ "idProperty": property, "id": id, "properties": properties });
    let url = settings.url(&format!("/crm/v3/objects/{object}/batch/upsert"));
    let body = json!({ "inputs": [input] });
    let token = Some(settings.token());
    let answer = line.send(Method::POST, url, token, &body).await;
    // 207 Multi-Status: the one input failed, though the batch did not.
    if answer.status() == 207 {
        return Err(Done::Judged(line.failed_for(answer, "partial_failure")));
    }
    if !answer.is_success() {
        return Err(Done::Judged(line.failed(answer)));
    }
    match record_id(&answer.json()["results"][0]) {
        Some(id) => Ok(Record { id, answer }),
        None => Err(Done::Judged(unreadable(line, answer))),
    }
}

/// The id of the record that has this value in this property.
async fn find(
    line: &Line<'_>,
    settings: &Settings,
    object: &str,
    property: &str,
    value: &str,
) -> Result<String, Done> {
    let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
    let path =
        format!("/crm/v3/objects/{object}/{value}?idProperty={property}&properties={property}");
    let url = settings.url(&path);
    let answer = line.ask(Method::GET, url, settings.token()).await;
    if answer.status() == 404 {
        return Err(Done::NothingToDo("HubSpot does not have both of them"));
    }
    if !answer.is_success() {
        return Err(Done::Judged(line.failed(answer)));
    }
    record_id(&answer.json()).ok_or_else(|| Done::Judged(unreadable(line, answer)))
}

/// A record's id, which is made of digits; it becomes part of a path.
fn record_id(record: &Value) -> Option<String> {
    let id = record["id"].as_str()?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then(|| id.to_owned())
}

fn unreadable(line: &Line<'_>, answer: Answer) -> Judged {
    line.failed_for(answer, "answer_unreadable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_change_a_path_is_no_id() {
        for (id, is_id) in [("4711", true), ("", false), ("1/../2", false), ("é", false)] {
            assert_eq!(record_id(&json!({ "id": id })).is_some(), is_id, "{id}");
        }
    }
}
