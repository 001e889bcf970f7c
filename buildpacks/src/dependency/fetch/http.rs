//! Downloads over HTTP: time-outs on silence rather than on the whole, a few tries. What came is checked by whoever asked.

use std::io::{Read, Write};
use std::time::Duration;

use ureq::tls::{PemItem, RootCerts, TlsConfig};

use super::{Attempt, Environment, FetchOptions, Progress};
use crate::dependency::{Redacted, redact};
use crate::files;

/// Longest wait for a connection and for the first byte of an answer.
const ANSWER: Duration = Duration::from_secs(30);
/// Longest silence within an answer.
const STALL: Duration = Duration::from_mins(1);
/// How often a server that is busy is asked.
const TRIES: u32 = 4;
/// Wait before the second try; doubled before each further one.
const BACK_OFF: Duration = Duration::from_millis(500);
/// Bytes between two reports of progress, and size of the buffer.
const STEP_BYTES: usize = 256 * 1024;

/// Writes what `uri` gives to `out`. Proxies are those of the usual variables (`HTTPS_PROXY`, `NO_PROXY` ...).
pub(super) fn download(
    uri: &str,
    out: &mut dyn Write,
    environment: &Environment,
    options: FetchOptions<'_>,
) -> Result<(), Attempt> {
    if !uri.starts_with("http://") && !uri.starts_with("https://") {
        return Err(Attempt::Scheme { uri: redact(uri) });
    }
    let agent = agent(environment)?;
    let failed = |error: ureq::Error| Attempt::Http { uri: redact(uri), source: Box::new(Redacted(error)) };
    let copying = |source| Attempt::Copy { from: redact(uri), source };
    let response = answer(&agent, uri).map_err(failed)?;
    let total = response.body().content_length();
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; STEP_BYTES];
    let mut bytes = 0;
    loop {
        let read = body.read(&mut buffer).map_err(copying)?;
        if read == 0 {
            break;
        }
        out.write_all(&buffer[..read]).map_err(copying)?;
        bytes += read as u64;
        if let Some(progress) = options.progress {
            progress(Progress { bytes, total });
        }
    }
    match total {
        Some(total) if total != bytes => {
            let cut = format!("the answer ended after {bytes} of {total} bytes");
            Err(copying(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, cut)))
        }
        _ => Ok(()),
    }
}

/// Asks until there is an answer; again only where asking again can help.
fn answer(agent: &ureq::Agent, uri: &str) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
    let mut wait = BACK_OFF;
    for _ in 1..TRIES {
        match agent.get(uri).call() {
            Err(error) if is_passing(&error) => {
                std::thread::sleep(wait);
                wait *= 2;
            }
            result => return result,
        }
    }
    agent.get(uri).call()
}

/// Whether asking again can help.
fn is_passing(error: &ureq::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    match error {
        ureq::Error::StatusCode(status) => [429, 500, 502, 503, 504].contains(status),
        ureq::Error::Io(error) => {
            [BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof].contains(&error.kind())
        }
        _ => false,
    }
}

fn agent(environment: &Environment) -> Result<ureq::Agent, Attempt> {
    let roots = match &environment.ca_file {
        None => RootCerts::WebPki,
        Some(path) => {
            let unusable = |reason: String| Attempt::Certificates { path: path.clone(), reason };
            let pem = files::read(path, files::DOCUMENT_BYTES).map_err(|error| unusable(error.to_string()))?;
            let certificates: Vec<_> = ureq::tls::parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(unusable("it holds no certificate".into()));
            }
            RootCerts::new_with_certs(&certificates)
        }
    };
    // No time-out for looking up names alone: it would take a thread, which may be refused.
    let config = ureq::Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .accept_encoding("identity")
        .timeout_connect(Some(ANSWER))
        .timeout_recv_response(Some(ANSWER))
        .timeout_per_read(Some(STALL))
        .build();
    Ok(config.into())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    use super::*;

    /// Answers one connection after the other with `answers`, then stops listening; its address.
    fn serve(answers: Vec<String>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        format!("http://{address}/agent.jar?token=secret")
    }

    fn answer(status: &str, length: usize, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
    }

    fn get(uri: &str, progress: Option<&dyn Fn(Progress)>) -> Result<Vec<u8>, Attempt> {
        let mut out = Vec::new();
        let options = FetchOptions { progress, again: false };
        download(uri, &mut out, &Environment::default(), options).map(|()| out)
    }

    #[test]
    fn downloads_and_tells_how_far_it_is() {
        let seen = RefCell::new(Vec::new());
        let uri = serve(vec![answer("200 OK", 3, "jar")]);
        assert_eq!(get(&uri, Some(&|progress| seen.borrow_mut().push(progress))).unwrap(), b"jar");
        assert_eq!(seen.borrow().last(), Some(&Progress { bytes: 3, total: Some(3) }));
    }

    #[test]
    fn asks_a_busy_server_again() {
        let uri = serve(vec![answer("503 Busy", 0, ""), answer("200 OK", 3, "jar")]);
        assert_eq!(get(&uri, None).unwrap(), b"jar");
    }

    #[test]
    fn what_is_not_there_is_an_error_without_secrets() {
        let error = get(&serve(vec![answer("404 Not Found", 0, "")]), None).unwrap_err();
        assert!(matches!(error, Attempt::Http { .. }), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn an_answer_that_is_cut_off_is_an_error() {
        let error = get(&serve(vec![answer("200 OK", 30, "jar")]), None).unwrap_err();
        assert!(matches!(error, Attempt::Copy { .. }), "{error}");
    }

    #[test]
    fn certificates_must_be_certificates() {
        let environment = Environment { ca_file: Some("/dev/null".into()), ..Environment::default() };
        let error = download("https://127.0.0.1:1/x", &mut Vec::new(), &environment, FetchOptions::default());
        assert!(matches!(error, Err(Attempt::Certificates { .. })));
    }
}
