//! The Chrome DevTools protocol: calls and their answers, and the events in between, as JSON over
//! one WebSocket.
//!
//! The client is this small because it must see everything: dedicated workers are sessions of
//! their own, and what goes wrong in one is what the tests look for.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket};

/// How long an answer may take on a machine that is busy compiling shaders.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);
const READ_TIMEOUT: Duration = Duration::from_millis(5);

/// A connection to one browser.
pub struct Devtools {
    socket: WebSocket<TcpStream>,
    last_id: u64,
    events: VecDeque<Event>,
}

/// Something that happened in the browser.
#[derive(Debug, Clone)]
pub struct Event {
    /// The session it happened in; none for the browser itself.
    pub session: Option<String>,
    /// Its name, such as `Target.attachedToTarget`.
    pub method: String,
    /// What it tells.
    pub params: Value,
}

impl Devtools {
    /// Connects to a browser that listens on a port of this machine.
    ///
    /// # Errors
    /// If nobody listens there or the path is not the browser's.
    pub fn connect(port: u16, path: &str) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        let mut config = WebSocketConfig::default();
        // A screenshot is larger than the usual limits.
        config.max_message_size = None;
        config.max_frame_size = None;
        let url = format!("ws://127.0.0.1:{port}{path}");
        let (socket, _) = tungstenite::client::client_with_config(url, stream, Some(config))
            .map_err(|error| anyhow::anyhow!("no DevTools connection: {error}"))?;
        socket.get_ref().set_read_timeout(Some(READ_TIMEOUT))?;
        Ok(Self {
            socket,
            last_id: 0,
            events: VecDeque::new(),
        })
    }

    /// Calls a method and waits for its answer.
    ///
    /// # Errors
    /// If the browser refuses, does not answer or has gone.
    pub fn call(&mut self, session: Option<&str>, method: &str, params: &Value) -> Result<Value> {
        let id = self.send(session, method, params)?;
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        while Instant::now() < deadline {
            let Some(mut message) = self.read()? else {
                continue;
            };
            if message["id"] == id {
                if let Some(error) = message.get("error") {
                    bail!("{method} failed: {error}");
                }
                return Ok(message["result"].take());
            }
        }
        bail!(
            "{method} was not answered within {} s",
            ANSWER_TIMEOUT.as_secs()
        );
    }

    /// Sends a call without waiting; its answer is dropped when it comes.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn send(&mut self, session: Option<&str>, method: &str, params: &Value) -> Result<u64> {
        self.last_id += 1;
        let mut call = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = session {
            call["sessionId"] = session.into();
        }
        self.socket
            .send(Message::text(call.to_string()))
            .with_context(|| method.to_owned())?;
        Ok(self.last_id)
    }

    /// Reads what has arrived and hands out the events since the last time.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn events(&mut self) -> Result<Vec<Event>> {
        while self.read()?.is_some() {}
        Ok(self.events.drain(..).collect())
    }

    /// The next message, if one comes soon. Events are kept aside as well.
    fn read(&mut self) -> Result<Option<Value>> {
        let message = match self.socket.read() {
            Ok(message) => message,
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error).context("the browser has gone"),
        };
        let Message::Text(text) = message else {
            return Ok(Some(Value::Null));
        };
        let mut message: Value = serde_json::from_str(&text)?;
        if let Some(method) = message["method"].as_str() {
            self.events.push_back(Event {
                session: message["sessionId"].as_str().map(str::to_owned),
                method: method.to_owned(),
                params: message["params"].take(),
            });
            return Ok(Some(Value::Null));
        }
        Ok(Some(message))
    }
}
