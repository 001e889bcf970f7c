//! The calculation by need, from a line of arguments: any limit, any options.
#![no_main]

use memcalc::Calculator;
use memcalc::libjvm::limit::{self, File, Sources};
use memcalc::named::Machine;

libfuzzer_sys::fuzz_target!(|input: (&str, &str, &str)| {
    let (arguments, options, limit) = input;
    let mut arguments: Vec<String> = arguments.split('\n').map(str::to_owned).collect();
    arguments.push(format!("--jvm-options={options}"));
    arguments.push("--class-count=60000".to_owned());
    arguments.push("--likely-class-count=6000".to_owned());
    let files = Sources { cgroup_v2: File::found(limit::CGROUP_V2, limit), ..Sources::default() };
    for calculator in [Calculator::Fit, Calculator::Libjvm, Calculator::V2, Calculator::V3, Calculator::V4] {
        let outcome = memcalc::named::run(calculator, "calculator", &arguments, Machine { files, size_of: &|path| Some(path.len() as i64) });
        let said = ["-", "\n", "Usage of "].iter().any(|start| outcome.stdout.starts_with(start));
        assert_eq!(outcome.code == 0, said, "{outcome:?}");
    }
});
