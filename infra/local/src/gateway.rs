//! API Gateway: from HTTP requests to the events of an HTTP API (payload
//! format 2.0), and back.

use crate::{grants::Acting, server::Core};
use aws_lambda_events::{
    apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse},
    encodings,
};
use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, Uri, header, request::Parts};
use matchit::Router;
use percent_encoding::percent_decode_str;
use portico_web::{Function, Problem, refuse, serve};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

/// API Gateway's limit of a request's payload.
const MAX_PAYLOAD: usize = 10 * 1024 * 1024;

/// The routes of the API.
pub(crate) struct Routes {
    paths: Router<(&'static str, Vec<Function>)>,
    default: Option<Function>,
}

impl Routes {
    /// The routes of these functions.
    pub(crate) fn new(functions: &[Function]) -> Result<Self, matchit::InsertError> {
        let mut by_path: BTreeMap<&'static str, Vec<Function>> = BTreeMap::new();
        for function in functions {
            let route = function.route;
            for path in std::iter::once(&route.path).chain(route.aliases) {
                by_path.entry(path).or_default().push(*function);
            }
        }
        let default = by_path
            .remove("$default")
            .and_then(|functions| functions.first().copied());
        let mut paths = Router::new();
        for (path, functions) in by_path {
            paths.insert(path, (path, functions))?;
        }
        Ok(Self { paths, default })
    }

    /// The function of a request, its route key, and the path's parameters.
    fn find(&self, method: &str, path: &str) -> Option<(Function, String, Map<String, Value>)> {
        if let Ok(found) = self.paths.at(path)
            && let (template, functions) = found.value
            && let Some(function) = functions
                .iter()
                .find(|function| function.route.answers(method))
        {
            let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
            let parameters = found
                .params
                .iter()
                .map(|(name, value)| (name.to_owned(), decode(value).into()))
                .collect();
            return Some((*function, format!("{method} {template}"), parameters));
        }
        Some((self.default?, "$default".to_owned(), Map::new()))
    }
}

/// Answers a request of the API.
pub(crate) async fn handle(
    State(core): State<Arc<Core>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let id = core.app.moment().id::<()>().to_string();
    let Ok(body) = to_bytes(body, MAX_PAYLOAD).await else {
        let problem = Problem::body_too_large(MAX_PAYLOAD + 1, MAX_PAYLOAD);
        return respond(refuse(problem, &id));
    };
    let found = core.routes.find(parts.method.as_str(), parts.uri.path());
    let Some((function, key, path_parameters)) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let event = event(&core, &parts, &body, peer, &id, &key, path_parameters);
    // The text that Lambda would get is decoded as it is in Lambda.
    match serde_json::from_str::<ApiGatewayV2httpRequest>(&event.to_string()) {
        Ok(event) => {
            let acting = Acting {
                name: function.route.name,
                grants: function.grants(),
            };
            respond(acting.scope(serve(&core.app, &function, event)).await)
        }
        Err(error) => {
            tracing::error!(%error, "the gateway made an event that cannot be decoded");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn event(
    core: &Core,
    parts: &Parts,
    body: &[u8],
    peer: SocketAddr,
    id: &str,
    key: &str,
    path_parameters: Map<String, Value>,
) -> Value {
    let (text, is_base64) = encode(&parts.headers, body);
    let now = core.app.now();
    let path = parts.uri.path();
    let mut event = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers(&parts.headers),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": host(&parts.headers, &parts.uri),
            "domainPrefix": "local",
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": peer.ip().to_string(),
                "userAgent": text_of(&parts.headers, "user-agent"),
            },
            "requestId": id,
            "routeKey": key,
            "stage": "$default",
            "time": now.to_string(),
            "timeEpoch": now.unix_millis(),
        },
        "isBase64Encoded": is_base64,
    });
    if let Some(members) = event.as_object_mut() {
        let cookies: Vec<&str> = parts
            .headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let cookies: Vec<&str> = cookies.iter().flat_map(|line| line.split("; ")).collect();
        if !cookies.is_empty() {
            members.insert("cookies".to_owned(), json!(cookies));
        }
        if !path_parameters.is_empty() {
            members.insert("pathParameters".to_owned(), Value::Object(path_parameters));
        }
        if !body.is_empty() {
            members.insert("body".to_owned(), text.into());
        }
    }
    event
}

/// API Gateway hands over as text what calls itself text or JSON, and
/// everything else, forms too, in base64.
fn encode(headers: &HeaderMap, body: &[u8]) -> (String, bool) {
    let kind = text_of(headers, "content-type");
    let is_text = kind.is_empty()
        || kind.starts_with("text/")
        || kind.contains("json")
        || kind.contains("xml");
    match str::from_utf8(body) {
        Ok(text) if is_text => (text.to_owned(), false),
        _ => (STANDARD.encode(body), true),
    }
}

/// Header names in lower case; several values of one joined by commas.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let mut joined = Map::new();
    for name in headers.keys().filter(|name| *name != header::COOKIE) {
        let values: Vec<&str> = headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        joined.insert(name.as_str().to_owned(), values.join(",").into());
    }
    joined
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn host(headers: &HeaderMap, uri: &Uri) -> String {
    uri.host()
        .unwrap_or_else(|| text_of(headers, "host"))
        .to_owned()
}

fn respond(answer: ApiGatewayV2httpResponse) -> Response {
    let body = match answer.body {
        Some(encodings::Body::Text(text)) => Body::from(text),
        Some(encodings::Body::Binary(bytes)) => Body::from(bytes),
        _ => Body::empty(),
    };
    let mut response = Response::new(body);
    let status = u16::try_from(answer.status_code)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok());
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answer.headers;
    for cookie in &answer.cookies {
        if let Ok(cookie) = cookie.parse() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}
