//! The calculation by need, from a line of arguments: any limit, any options.
#![no_main]

use memcalc::Calculator;
use memcalc::libjvm::limit::CGROUP_V2;
use memcalc::limit::Read;
use memcalc::named::Machine;

libfuzzer_sys::fuzz_target!(|input: (&str, &str, &str)| {
    let (arguments, options, limit) = input;
    let mut arguments: Vec<String> = arguments.split('\n').map(str::to_owned).collect();
    arguments.push(format!("--jvm-options={options}"));
    arguments.push("--class-count=60000".to_owned());
    arguments.push("--likely-class-count=6000".to_owned());
    let read = |path: &str| if path == CGROUP_V2 { Read::Text(limit.to_owned()) } else { Read::Missing };
    for calculator in [Calculator::Fit, Calculator::Libjvm, Calculator::V2, Calculator::V3, Calculator::V4] {
        let outcome = memcalc::named::run(calculator, "calculator", &arguments, Machine { read: &read, size_of: &|path| Some(path.len() as i64) });
        let said = ["-", "\n", "Usage of "].iter().any(|start| outcome.stdout.starts_with(start));
        assert_eq!(outcome.code == 0, said, "{outcome:?}");
    }
});
