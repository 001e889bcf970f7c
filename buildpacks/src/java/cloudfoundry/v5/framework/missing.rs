//! Frameworks of the platform's Java buildpack that are not built in: who binds or asks for one is told, so that nobody
//! believes an agent to be there that is not.

use super::super::staging::Staging;
use crate::java::cloudfoundry::services::{Service, Services};

/// A framework: its name, what a service is told by, variables that ask for it.
struct Missing(&'static str, &'static [&'static str], &'static [&'static str]);

const MISSING: [Missing; 24] = [
    Missing("New Relic Agent", &["newrelic"], &[]),
    Missing("AppDynamics Agent", &["appdynamics"], &[]),
    Missing("Datadog", &["datadog"], &["DD_API_KEY"]),
    Missing("Elastic APM Agent", &["elastic-apm", "elastic"], &[]),
    Missing("PostgreSQL JDBC", &["postgres"], &[]),
    Missing("MariaDB JDBC", &["mysql", "mariadb"], &[]),
    Missing("Luna Security Provider", &["luna"], &[]),
    Missing("ProtectApp Security Provider", &["protectapp"], &[]),
    Missing("Seeker Security Provider", &["seeker"], &[]),
    Missing("Java Memory Assistant", &[], &["JBP_CONFIG_JAVA_MEMORY_ASSISTANT"]),
    Missing("Metric Writer", &[], &["JBP_CONFIG_METRIC_WRITER"]),
    Missing("CF Metrics Exporter", &[], &["CF_METRICS_EXPORTER_ENABLED"]),
    Missing(
        "Azure Application Insights",
        &["azure-application-insights", "application-insights", "applicationinsights"],
        &["APPLICATIONINSIGHTS_CONNECTION_STRING", "APPINSIGHTS_INSTRUMENTATIONKEY"],
    ),
    Missing("Checkmarx IAST Agent", &["checkmarx-iast", "checkmarx"], &[]),
    Missing("Google Stackdriver Profiler", &["stackdriver-profiler"], &["GOOGLE_APPLICATION_CREDENTIALS"]),
    Missing("Introscope Agent", &["introscope", "ca-apm", "ca-wily"], &[]),
    Missing("OpenTelemetry Javaagent", &["otel-collector", "opentelemetry", "otel"], &[]),
    Missing("SkyWalking", &["skywalking"], &["SW_AGENT_COLLECTOR_BACKEND_SERVICES"]),
    Missing("Splunk OTEL", &["splunk", "splunk-otel"], &["SPLUNK_OTEL_AGENT", "OTEL_EXPORTER_OTLP_ENDPOINT"]),
    Missing("JaCoCo Agent", &["jacoco"], &[]),
    Missing("Contrast Security", &["contrast-security"], &[]),
    Missing("YourKit Profiler", &[], &["JBP_CONFIG_YOUR_KIT_PROFILER"]),
    Missing("JProfiler Profiler", &[], &["JBP_CONFIG_JPROFILER_PROFILER"]),
    Missing("Sealights Agent", &["sealights"], &[]),
];

/// Names on the log what is bound or asked for and not built in.
pub(super) fn warn(staging: &Staging<'_>) {
    let services = Services::of(staging.variable("VCAP_SERVICES")).unwrap_or_else(|error| {
        staging.log.warning(&format!("VCAP_SERVICES cannot be read, no service is looked at: {error}"));
        Services::default()
    });
    for Missing(name, labels, variables) in &MISSING {
        let bound = |service: &&Service| labels.iter().any(|label| service.is_for(label));
        let cause = services.iter().find(bound).map(|service| format!("service `{}` is bound", service.name));
        let asked = || variables.iter().find(|variable| !staging.variable(variable).is_empty());
        if let Some(cause) = cause.or_else(|| asked().map(|variable| format!("`{variable}` is set"))) {
            staging.log.warning(&format!(
                "{cause}, but {name} is not built in and is left out; install the platform's own Java buildpack for it"
            ));
        }
    }
}
