//! What the launcher will compute, shown for common limits.

use buildpacks::java::MemoryPlan;
use memcalc::Calculator;
use memcalc::libjvm::limit::Limit;
use memcalc::libjvm::{Environment, Inputs, KnownClasses};
use memcalc::size::{GIBI, MEBI};

use crate::report::MemoryReport;

/// Container limits shown in reports.
const LIMITS: [(&str, i64); 4] = [("256M", 256 * MEBI), ("512M", 512 * MEBI), ("1G", GIBI), ("2G", 2 * GIBI)];

/// The report's view of the plan: the switches for common limits by the launcher's own code, or why it would refuse.
pub(super) fn report(plan: &MemoryPlan) -> MemoryReport {
    let (jvm, threads) = (plan.jvm_class_count.to_string(), plan.thread_count.to_string());
    let java = plan.java_feature.to_string();
    let environment = Environment {
        jvm_class_count: Some(&jvm),
        java_feature: (plan.java_feature > 0).then_some(java.as_str()),
        thread_count: Some(&threads),
        application_path: Some("/workspace"),
        profile: plan.profile.as_deref(),
        ..Environment::default()
    };
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let classes = KnownClasses {
        application: number(plan.application_class_count),
        agents: 0,
        likely: Some(number(plan.likely_class_count)),
    };
    let calculator = plan.calculator.parse::<Calculator>().unwrap_or_default();
    let example =
        |bytes: i64| match calculator.calculate(&Inputs { environment, limit: Limit::Known(bytes), classes: &classes })
        {
            Ok(calculation) => calculation.map(|calculation| calculation.switches).unwrap_or_default(),
            Err(error) => error.to_string(),
        };
    MemoryReport {
        calculator: if plan.enabled { plan.calculator.clone() } else { "none".to_owned() },
        jvm_class_count: Some(plan.jvm_class_count),
        application_class_count: Some(plan.application_class_count),
        likely_class_count: Some(plan.likely_class_count),
        thread_count: Some(plan.thread_count),
        profile: plan.profile.clone(),
        examples: LIMITS
            .iter()
            .filter(|_| plan.enabled)
            .map(|(name, bytes)| ((*name).to_owned(), example(*bytes)))
            .collect(),
    }
}
