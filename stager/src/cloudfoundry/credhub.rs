//! Credentials kept outside `VCAP_SERVICES`: references are sent to the platform's credential store, which answers with
//! the whole text, credentials filled in.

use std::path::Path;
use std::time::Duration;

use buildpacks::dependency::redact_text;
use buildpacks::files;
use fs_err as fs;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig};

use super::platform_options::{self, InvalidOptions};
use super::{Surroundings, output};

/// How often and how long the store is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempts {
    /// How often.
    pub(super) count: i64,
    /// Pause after each failure.
    pub(super) delay: Duration,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { count: 3, delay: Duration::from_secs(1) }
    }
}

/// Why credentials could not be filled in.
#[derive(Debug, thiserror::Error)]
pub(super) enum CredhubError {
    /// The platform's options are broken.
    #[error(transparent)]
    Options(#[from] InvalidOptions),
    /// A variable the client needs is missing.
    #[error("Unable to interpolate credhub refs: Unable to set up credhub client: Missing {0}")]
    Missing(&'static str),
    /// A certificate or key is of no use.
    #[error("Unable to interpolate credhub refs: Unable to set up credhub client: {0}")]
    Client(String),
    /// The store did not answer as it should.
    #[error("Unable to interpolate credhub refs: {0}")]
    Answer(String),
}

/// Largest answer.
const ANSWER_BYTES: u64 = 64 << 20;
/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Fills credentials into `VCAP_SERVICES` when the platform has a store and there are references.
pub(super) fn interpolate(surroundings: &mut Surroundings, attempts: Attempts) -> Result<(), CredhubError> {
    let uri = platform_options::credhub_uri(surroundings)?;
    let services = surroundings.text("VCAP_SERVICES");
    let skipped = !surroundings.text("CREDHUB_SKIP_INTERPOLATION").is_empty();
    if uri.is_empty() || skipped || !services.contains("\"credhub-ref\"") {
        return Ok(());
    }
    let agent = agent(surroundings)?;
    let url = format!("{}/api/v1/interpolate", uri.trim_end_matches('/'));
    let mut failure = "no attempt was allowed".to_owned();
    for attempt in 1..=attempts.count {
        match ask(&agent, &url, services) {
            Ok(answer) => {
                surroundings.set("VCAP_SERVICES", answer);
                return Ok(());
            }
            Err(error) => {
                failure = format!("Unable to interpolate credhub references: {error}");
                let shown = redact_text(&failure);
                output::out(&format!("Failed on attempt {attempt} out of {}: {shown}\n", attempts.count));
                std::thread::sleep(attempts.delay);
            }
        }
    }
    Err(CredhubError::Answer(failure))
}

fn ask(agent: &ureq::Agent, url: &str, services: &str) -> Result<String, ureq::Error> {
    let mut response = agent.post(url).header("Content-Type", "application/json").send(services)?;
    response.body_mut().with_config().limit(ANSWER_BYTES).read_to_string()
}

fn agent(surroundings: &Surroundings) -> Result<ureq::Agent, CredhubError> {
    let (certificate, key) = (surroundings.text("CF_INSTANCE_CERT"), surroundings.text("CF_INSTANCE_KEY"));
    if certificate.is_empty() || key.is_empty() {
        return Err(CredhubError::Missing("CF_INSTANCE_CERT and/or CF_INSTANCE_KEY"));
    }
    let system = surroundings.text("CF_SYSTEM_CERT_PATH");
    if system.is_empty() {
        return Err(CredhubError::Missing("CF_SYSTEM_CERT_PATH"));
    }
    let key = PrivateKey::from_pem(&read(Path::new(key))?).map_err(|error| CredhubError::Client(error.to_string()))?;
    let own = certificates(&read(Path::new(certificate))?);
    if own.is_empty() {
        return Err(CredhubError::Client(format!("no certificate in {certificate}")));
    }
    let tls = TlsConfig::builder()
        .client_cert(Some(ClientCert::new_with_certs(&own, key)))
        .root_certs(RootCerts::new_with_certs(&authorities(Path::new(system))?))
        .build();
    Ok(ureq::Agent::config_builder().tls_config(tls).timeout_global(Some(TIMEOUT)).build().into())
}

/// The certificates of every `*.crt` in the folder.
fn authorities(folder: &Path) -> Result<Vec<Certificate<'static>>, CredhubError> {
    let unreadable = |error: std::io::Error| CredhubError::Client(error.to_string());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "crt") {
            found.extend(certificates(&read(&path)?));
        }
    }
    Ok(found)
}

fn certificates(pem: &[u8]) -> Vec<Certificate<'static>> {
    let items = ureq::tls::parse_pem(pem).filter_map(Result::ok);
    items.filter_map(|item| if let PemItem::Certificate(found) = item { Some(found) } else { None }).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, CredhubError> {
    files::read(path, files::DOCUMENT_BYTES)
        .map_err(|error| CredhubError::Client(format!("open {}: {}", path.display(), super::system::reason(&error))))
}
