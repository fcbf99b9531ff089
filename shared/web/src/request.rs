//! Requests, as API Gateway hands them over.

use crate::{Function, Operation, Problem};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use portico_domain::{Actor, ChangeSource, Invalid, Origin, Quota, Search};
use portico_store::Sort;
use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, OnceLock},
};

/// The largest body that is read, pictures aside; nothing that the API takes
/// needs a tenth of this.
const MAX_BODY: usize = 1024 * 1024;

/// The largest picture that is read. API Gateway hands it to Lambda as base64,
/// which is a third longer, and Lambda takes 6 MiB with all that is around it.
const MAX_PICTURE: usize = 4_500_000;

/// What an event has beside its body: API Gateway takes heads of 10 KB, and
/// says some of them twice.
const AROUND: usize = 64 * 1024;

const _: () = assert!(MAX_PICTURE.div_ceil(3) * 4 + AROUND <= 6 * 1024 * 1024);

/// A request, decoded.
#[derive(Debug)]
pub struct Request {
    /// `POST /v1/clients`: which route API Gateway chose.
    pub route_key: String,
    /// The method.
    pub method: String,
    /// The path as the caller wrote it.
    pub raw_path: String,
    /// The id that API Gateway gave it.
    pub id: String,
    source_ip: Option<String>,
    user_agent: Option<String>,
    headers: HeaderMap,
    path_parameters: HashMap<String, String>,
    pub(crate) raw_query: String,
    query: Vec<(String, String)>,
    cookies: Vec<String>,
    /// The body, as it came.
    pub body: Vec<u8>,
    /// What the caller's key may still do; known once it is let in.
    pub(crate) quota: Arc<OnceLock<Quota>>,
    /// What the function that answers it reads.
    pub(crate) operation: &'static Operation,
}

impl Request {
    /// Decodes what API Gateway handed over for a function.
    pub(crate) fn of(event: ApiGatewayV2httpRequest, function: &Function) -> Result<Self, Problem> {
        let route = function.route;
        let body = event.body.unwrap_or_default();
        let body = if event.is_base64_encoded {
            STANDARD
                .decode(body)
                .map_err(|_| Problem::malformed("the body is not valid base64"))?
        } else {
            body.into_bytes()
        };
        if route.takes_a_picture && body.len() > MAX_PICTURE {
            return Err(Problem::picture_too_long(body.len(), MAX_PICTURE));
        }
        if !route.takes_a_picture && body.len() > MAX_BODY {
            return Err(Problem::body_too_large(body.len(), MAX_BODY));
        }
        let query = event.raw_query_string.unwrap_or_default();
        Ok(Self {
            route_key: event.route_key.unwrap_or_default(),
            raw_path: event.raw_path.unwrap_or_default(),
            method: event.request_context.http.method.to_string(),
            id: event.request_context.request_id.unwrap_or_default(),
            source_ip: event.request_context.http.source_ip,
            user_agent: event.request_context.http.user_agent,
            headers: event.headers,
            path_parameters: event.path_parameters,
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            raw_query: query,
            cookies: event.cookies.unwrap_or_default(),
            body,
            quota: Arc::default(),
            operation: function.operation,
        })
    }
}

impl Request {
    /// Where a change comes from that this actor asks for with this request.
    pub fn origin(&self, actor: Actor, source: ChangeSource) -> Origin {
        let (ip, agent) = (self.source_ip.as_deref(), self.user_agent.as_deref());
        Origin::request(actor, source, ip, agent, &self.id)
    }

    /// The address that it came from, as API Gateway saw it.
    pub(crate) fn source_ip(&self) -> &str {
        self.source_ip.as_deref().unwrap_or_default()
    }

    /// A header; names are compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A query parameter. An empty one counts as absent, because programs
    /// written for the compatible API send `companyId=` with every list.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The query parameters as they were given.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether one of these query parameters is given, be it empty.
    pub(crate) fn names_any(&self, names: &[&str]) -> bool {
        self.query.iter().any(|(key, _)| names.contains(&&**key))
    }

    /// All values of a query parameter: the parameter can be repeated, and one
    /// can have several values with commas between them.
    pub fn query_list(&self, name: &str) -> Vec<String> {
        let named = self.query.iter().filter(|(key, _)| key == name);
        let values = named.flat_map(|(_, text)| text.split(',')).map(str::trim);
        values
            .filter(|value| !value.is_empty())
            .map(ToOwned::to_owned)
            .collect()
    }

    /// Whether a query parameter is given several times, with different values.
    pub(crate) fn repeats(&self, name: &str) -> bool {
        let first = self.query(name);
        let is_other = |value: &str| !value.is_empty() && Some(value) != first;
        self.query
            .iter()
            .any(|(key, value)| key == name && is_other(value))
    }

    /// Whether the caller only wants to know what would be. Read strictly:
    /// whoever misspells it must not find it done.
    pub(crate) fn is_dry_run(&self) -> Result<bool, Invalid> {
        let is_meant = |(key, _): &&(String, String)| key.eq_ignore_ascii_case("dryRun");
        let meant: Vec<_> = self.query.iter().filter(is_meant).collect();
        match meant[..] {
            [] => Ok(false),
            [(key, value)] if key == "dryRun" && value == "true" => Ok(true),
            [(key, value)] if key == "dryRun" && value == "false" => Ok(false),
            _ => Err(Invalid::new(
                "dryRun",
                "parameter_invalid",
                "write dryRun=true to only see what would be, or leave it out",
            )),
        }
    }

    /// Whether it changes nothing, by its method.
    pub(crate) fn is_read(&self) -> bool {
        matches!(&*self.method, "GET" | "HEAD")
    }

    /// A query parameter that is `true` or `false`; absent is `None`.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Invalid> {
        match self.query(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Invalid::new(
                name,
                "parameter_invalid",
                format!("{name} is true or false"),
            )),
        }
    }

    /// A query parameter that is an id.
    pub fn query_id<T: FromStr>(&self, name: &str) -> Result<Option<T>, Invalid> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| Invalid::new(name, "parameter_invalid", format!("{name} is a UUID")))
        };
        self.query(name).map(parse).transpose()
    }

    /// The query parameter `search`.
    pub fn search(&self) -> Result<Option<Search>, Invalid> {
        let parse = |text| Search::parse("search", text);
        self.query("search").map(parse).transpose()
    }

    /// The query parameter `sort`: one of these names, or one of them behind a
    /// hyphen for the other direction.
    pub fn sort<By: Copy>(&self, names: &[(&str, By)]) -> Result<Option<Sort<By>>, Invalid> {
        let Some(text) = self.query("sort") else {
            return Ok(None);
        };
        let (name, is_descending) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let Some((_, by)) = names.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            let message = format!(
                "sort is {}, with a hyphen before it to begin at the other end",
                known.join(" or ")
            );
            return Err(Invalid::new("sort", "parameter_invalid", message));
        };
        Ok(Some(Sort {
            by: *by,
            is_descending,
        }))
    }

    /// A parameter of the path.
    pub fn path(&self, name: &str) -> &str {
        self.path_parameters.get(name).map_or("", String::as_str)
    }

    /// The id in the path. What is not the form of an id names nothing.
    pub fn path_id<T: FromStr>(&self, object: &'static str) -> Result<T, Problem> {
        self.path("id")
            .parse()
            .map_err(|_| Problem::not_found(object))
    }

    /// A cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies
            .iter()
            .filter_map(|cookie| cookie.split_once('='))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim())
    }

    /// The token of `Authorization: Bearer`.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// Whether the caller is a person's browser, which asks for HTML by name.
    pub fn wants_page(&self) -> bool {
        self.header("accept")
            .is_some_and(|accept| accept.contains("text/html"))
    }

    /// Whether the caller asks for JSON by name.
    pub fn wants_json(&self) -> bool {
        self.header("accept")
            .is_some_and(|accept| accept.contains("json"))
    }

    /// Whether the body is that of a form.
    pub fn is_form(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    }

    /// The body, which is a picture.
    pub fn picture(&self) -> Result<&[u8], Invalid> {
        let kind = self.header("content-type").unwrap_or_default();
        if kind.starts_with("multipart/") {
            let message = "the body is a form with parts; send the bytes of the picture alone, as curl --data-binary @picture.jpg does";
            return Err(Invalid::new("body", "picture_unsupported", message));
        }
        Ok(&self.body)
    }

    /// The field of a form, or the member of a JSON object, with this name.
    pub fn field(&self, name: &str) -> Result<Option<String>, Problem> {
        if self.is_form() {
            let mut fields = form_urlencoded::parse(&self.body);
            return Ok(fields
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned()));
        }
        let mut members: HashMap<String, serde_json::Value> = crate::body(self)?;
        match members.remove(name) {
            None | Some(serde_json::Value::Null) => Ok(None),
            Some(serde_json::Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Invalid::new(name, "field_invalid", format!("{name} is a text")).into()),
        }
    }
}
