use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde::Serialize;
use serde_json::Value;

/// A request to be sent.
pub struct Call<'t> {
    http: &'t Client,
    url: String,
    token: Option<String>,
    headers: Vec<(&'static str, String)>,
}

/// An answer: its status, its headers, and its JSON (null where it has none) or its bytes.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body, where the status is this one.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

impl<'t> Call<'t> {
    pub fn new(http: &'t Client, url: String) -> Self {
        Self { http, url, token: None, headers: Vec::new() }
    }

    /// Sends this access token.
    pub fn bearer(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends this `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sends this `If-Match`.
    pub fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    pub async fn get(self) -> Answer {
        self.send(Method::GET, |request| request).await
    }

    /// The bytes of a good answer that is no JSON.
    pub async fn bytes(self) -> Vec<u8> {
        let token = self.token.unwrap_or_default();
        let response = self.http.get(self.url).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        response.bytes().await.unwrap().to_vec()
    }

    pub async fn delete(self) -> Answer {
        self.send(Method::DELETE, |request| request).await
    }

    pub async fn post(self, body: &impl Serialize) -> Answer {
        self.send(Method::POST, |request| request.json(body)).await
    }

    pub async fn put(self, body: &impl Serialize) -> Answer {
        self.send(Method::PUT, |request| request.json(body)).await
    }

    /// Sends a body, or none, with any method.
    pub async fn request(self, method: Method, body: Option<&Value>) -> Answer {
        self.send(method, |request| match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Posts a body of another kind than JSON, or one that is not well formed.
    pub async fn post_raw(self, content_type: &str, body: Vec<u8>) -> Answer {
        let with =
            |request: RequestBuilder| request.header("content-type", content_type).body(body);
        self.send(Method::POST, with).await
    }

    async fn send(
        self,
        method: Method,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let mut request = self.http.request(method, self.url);
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let response = with(request).send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.unwrap().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, headers, body, bytes }
    }
}
