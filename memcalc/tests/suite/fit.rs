//! The adapting calculation, with the figures of a real Spring Boot application.

use memcalc::libjvm::{Numbers, Regions, Request};
use memcalc::{fit, libjvm, size};
use proptest::prelude::*;

const MEBI: i64 = size::MEBI;

fn numbers(total: i64, threads: i64, classes: i64) -> Numbers {
    Numbers { total, threads, classes, head_room: 0 }
}

#[test]
fn a_spring_boot_application_starts_in_small_containers() {
    for jvm in [20_000, 24_000, 28_000] {
        let classes = (jvm + 65_000) * 35 / 100;
        for threads in [50, 250] {
            for total in [256, 512, 1024] {
                let result = fit::plan(&Request::default(), &numbers(total * MEBI, threads, classes));
                let plan = result.unwrap_or_else(|error| panic!("{total}M, {threads} threads: {error}"));
                println!(
                    "{total}M {threads} threads {classes} classes: heap {} {:?}",
                    size::print(plan.regions.heap.bytes),
                    plan.adapted
                );
                assert!(plan.regions.sum(threads) <= total * MEBI);
            }
        }
    }
}

#[test]
fn heap_of_a_256m_container_is_at_least_48m() {
    let plan = fit::plan(&Request::default(), &numbers(256 * MEBI, 50, 35_000)).unwrap();
    println!("{} {:?}", size::print(plan.regions.heap.bytes), plan.adapted);
    assert!(plan.regions.heap.bytes >= 48 * MEBI);
}

#[test]
fn no_region_shrinks_from_one_limit_to_the_next() {
    for threads in [50, 250] {
        let at = |kibi: i64| fit::plan(&Request::default(), &numbers(kibi * size::KIBI, threads, 35_000)).unwrap();
        let mut before = at(248 * 1024);
        for kibi in (248 * 1024..1280 * 1024).step_by(61) {
            let plan = at(kibi);
            assert!(sizes(&plan.regions).iter().zip(sizes(&before.regions)).all(|(now, before)| *now >= before));
            before = plan;
        }
        assert!(before.adapted.is_empty());
    }
}

#[test]
fn the_original_stands_where_it_fits() {
    let request = Request::default();
    let numbers = numbers(1024 * MEBI, 250, 35_000);
    let plan = fit::plan(&request, &numbers).unwrap();
    assert_eq!(plan.regions, request.calculate(&numbers).unwrap());
    assert!(plan.adapted.is_empty());
}

#[test]
fn the_line_says_what_was_adapted() {
    let calculation = fit::calculate(&libjvm::Inputs {
        environment: libjvm::Environment {
            loaded_class_count: Some("35000"),
            thread_count: Some("50"),
            ..Default::default()
        },
        limit: libjvm::limit::Sources { memory_limit: Some("512M"), ..Default::default() },
        classes: &libjvm::KnownClasses::default(),
    })
    .unwrap();
    assert!(
        calculation.line.ends_with(
            "(Total Memory: 512M, Thread Count: 50, Loaded Class Count: 35000, Headroom: 0%; \
             fitted: stacks counted 1M to 256K a thread, code cache 240M to 154M)"
        ),
        "{}",
        calculation.line
    );
}

#[test]
fn the_users_regions_are_never_changed() {
    let request =
        Request { code_cache: Some(128 * MEBI), metaspace: Some(100 * MEBI), stack: Some(MEBI), ..Request::default() };
    let plan = fit::plan(&request, &numbers(384 * MEBI, 100, 35_000)).unwrap();
    assert_eq!(plan.regions.code_cache.bytes, 128 * MEBI);
    assert_eq!(plan.regions.metaspace.bytes, 100 * MEBI);
    assert_eq!(plan.regions.stack.bytes, MEBI);
    assert_eq!(plan.adapted, ["stacks counted 1M to 512K a thread"]);
}

#[test]
fn a_refusal_names_what_would_do() {
    let inputs = libjvm::Inputs {
        environment: libjvm::Environment { loaded_class_count: Some("35000"), ..Default::default() },
        limit: libjvm::limit::Sources { memory_limit: Some("200M"), ..Default::default() },
        classes: &libjvm::KnownClasses::default(),
    };
    let error = fit::calculate(&inputs).unwrap_err().to_string();
    println!("{error}");
    assert!(error.starts_with(&libjvm::calculate(&inputs).unwrap_err().to_string()));
    let advice = fit::Advice::fitted(&Request::default(), &numbers(200 * MEBI, 250, 35_000));
    for (total, threads, classes) in [
        (advice.limit.unwrap(), 250, 35_000),
        (200 * MEBI, advice.threads.unwrap(), 35_000),
        (200 * MEBI, 250, advice.classes.unwrap()),
    ] {
        fit::plan(&Request::default(), &numbers(total, threads, classes)).unwrap();
    }
    fit::plan(&Request::default(), &numbers(200 * MEBI, advice.threads.unwrap() + 1, 35_000)).unwrap_err();
}

#[test]
fn sizes_that_overflow_give_what_the_original_gives() {
    let request = Request { stack: Some(-(1 << 62)), ..Request::default() };
    let numbers = numbers(64 * MEBI, 50, 100);
    let original = request.calculate(&numbers);
    assert_eq!(fit::plan(&request, &numbers).map(|plan| plan.regions).ok(), original.ok());
}

fn request() -> impl Strategy<Value = Request> {
    let region = || prop::option::weighted(0.2, 0..2_000 * MEBI);
    (region(), region(), region(), region(), prop::option::weighted(0.2, 0..8 * MEBI))
        .prop_map(|(direct, heap, metaspace, code_cache, stack)| Request { direct, heap, metaspace, code_cache, stack })
}

fn sane() -> impl Strategy<Value = Numbers> {
    (0..8_192 * MEBI, 0..2_000_i64, 0..200_000_i64, 0..100_i64)
        .prop_map(|(total, threads, classes, head_room)| Numbers { total, threads, classes, head_room })
}

/// Larger limits, many of them by little: the code cache changes in steps.
fn more() -> impl Strategy<Value = i64> {
    prop_oneof![0..4_096 * MEBI, 0..4 * MEBI, 0..4_096_i64]
}

/// What is accounted for each region.
fn sizes(regions: &Regions) -> [i64; 7] {
    [
        regions.heap.bytes,
        regions.metaspace.bytes,
        regions.code_cache.bytes,
        regions.direct.bytes,
        regions.stack.bytes,
        regions.stack_counted,
        regions.head_room,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_048))]

    #[test]
    fn regions_never_exceed_the_limit(request in request(), numbers in sane()) {
        if let Ok(regions) = request.calculate(&numbers) {
            prop_assert!(regions.sum(numbers.threads) <= numbers.total);
        }
        if let Ok(plan) = fit::plan(&request, &numbers) {
            prop_assert!(plan.regions.sum(numbers.threads) <= numbers.total);
            prop_assert!(plan.regions.heap.bytes >= 0);
        }
    }

    #[test]
    fn what_fits_fits_a_larger_limit_and_no_region_shrinks(
        request in request(), numbers in sane(), more in more(),
    ) {
        let larger = Numbers { total: numbers.total + more, ..numbers };
        if let Ok(regions) = request.calculate(&numbers) {
            let heap = request.calculate(&larger).unwrap().heap.bytes;
            prop_assert!(heap >= regions.heap.bytes);
        }
        if let Ok(plan) = fit::plan(&request, &numbers) {
            let wide = fit::plan(&request, &larger).unwrap();
            prop_assert!(wide.adapted.len() <= plan.adapted.len());
            prop_assert!(sizes(&wide.regions).iter().zip(sizes(&plan.regions)).all(|(wide, narrow)| *wide >= narrow),
                "{:?}\n{:?}", plan, wide);
        }
    }

    #[test]
    fn the_original_stands_exactly_where_it_leaves_a_quarter(request in request(), numbers in sane()) {
        let original = request.calculate(&numbers);
        let usable = numbers.total - original.as_ref().map_or(0, |regions| regions.head_room);
        let plan = fit::plan(&request, &numbers);
        if let Ok(regions) = original {
            let plan = plan.unwrap();
            if request.heap.is_some() || regions.heap.bytes >= usable / 4 {
                prop_assert_eq!(plan, fit::Plan { regions, adapted: Vec::new() });
            } else {
                prop_assert!(plan.regions.heap.bytes >= regions.heap.bytes);
                let adaptable = request.code_cache.is_none() || plan.regions.stack_counted < regions.stack_counted
                    || plan.regions.metaspace.bytes < regions.metaspace.bytes
                    || plan.regions.stack.bytes < regions.stack.bytes;
                prop_assert_eq!(!plan.adapted.is_empty(), adaptable);
            }
        } else if let Ok(plan) = plan {
            prop_assert!(!plan.adapted.is_empty());
        }
    }

    #[test]
    fn what_the_original_accepts_is_never_refused(
        direct: Option<i64>, heap: Option<i64>, metaspace: Option<i64>, code_cache: Option<i64>, stack: Option<i64>,
        total: i64, threads: i64, classes: i64, head_room: i64,
    ) {
        let request = Request { direct, heap, metaspace, code_cache, stack };
        let numbers = Numbers { total, threads, classes, head_room };
        let plan = fit::plan(&request, &numbers);
        if request.calculate(&numbers).is_ok() {
            prop_assert!(plan.is_ok());
        }
        if let Ok(plan) = plan {
            prop_assert!(plan.regions.sum(threads) <= total);
        }
        let _ = fit::Advice::fitted(&request, &numbers).lines();
    }

    #[test]
    fn no_text_makes_it_panic(
        options: String, a: Option<String>, b: Option<String>, c: Option<String>, d: Option<String>, limit: String,
        meminfo: String,
    ) {
        let inputs = libjvm::Inputs {
            environment: libjvm::Environment {
                java_tool_options: Some(&options),
                head_room: a.as_deref(),
                loaded_class_count: b.as_deref(),
                application_path: Some(""),
                jvm_class_count: Some("100"),
                class_adjustment: c.as_deref(),
                thread_count: d.as_deref(),
                ..Default::default()
            },
            limit: libjvm::limit::Sources {
                memory_limit: Some(&limit),
                cgroup_v1: libjvm::limit::File::found("v1", &limit),
                cgroup_v2: libjvm::limit::File::found("v2", &limit),
                meminfo: libjvm::limit::File::found("info", &meminfo),
            },
            classes: &libjvm::KnownClasses::default(),
        };
        let _ = libjvm::calculate(&inputs);
        let _ = fit::calculate(&inputs);
    }
}
