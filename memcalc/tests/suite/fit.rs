//! Sizing by need.

use memcalc::fit::{self, Classes, Collector, Facts, Options, Plan, Profile};
use memcalc::libjvm::{Regions, Request};
use memcalc::{libjvm, size};
use proptest::prelude::*;

const MEBI: i64 = size::MEBI;

/// Zipkin's figures.
fn zipkin(limit: i64) -> Facts {
    let classes = Classes::Present(63_952);
    Facts {
        total: limit * MEBI,
        head_room: 0,
        threads: 250,
        classes,
        java: Some(17),
        profile: None,
        options: Options::default(),
    }
}

fn plan(facts: &Facts) -> Plan {
    fit::plan(&Request::default(), facts).unwrap_or_else(|refusal| panic!("{}M: {refusal}", facts.total / MEBI))
}

fn environment(limit: &str) -> (libjvm::Environment<'static>, libjvm::limit::Limit<'static>) {
    let environment = libjvm::Environment {
        jvm_class_count: Some("20000"),
        application_path: Some("/workspace"),
        java_feature: Some("17"),
        ..Default::default()
    };
    (environment, libjvm::limit::Limit::Known(size::parse(limit).unwrap()))
}

const CLASSES: libjvm::KnownClasses = libjvm::KnownClasses { application: 63_952, agents: 0, likely: None };

#[test]
fn a_spring_boot_application_runs_in_small_containers() {
    for (limit, quick, heap) in
        [(192, true, 24), (256, true, 48), (384, false, 64), (512, false, 128), (1024, false, 600)]
    {
        let plan = plan(&zipkin(limit));
        assert_eq!(plan.quick_compiler_only, quick, "{limit}M: {plan:?}");
        assert!(plan.regions.heap.bytes >= heap * MEBI, "{limit}M: {plan:?}");
        assert_eq!(plan.adapted.is_empty(), limit >= 384, "{limit}M: {:?}", plan.adapted);
    }
}

#[test]
fn what_is_told_in_one_line() {
    let (environment, limit) = environment("256M");
    let calculated = fit::calculate(&libjvm::Inputs { environment, limit, classes: &CLASSES }).unwrap();
    let line = &calculated.line;
    assert!(line.starts_with("Calculated JVM Memory Configuration: -XX:MaxDirectMemorySize="), "{line}");
    assert!(
        line.contains(" -Xss512K -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError ("),
        "{line}"
    );
    assert!(line.contains("; fitted: C1 only, stacks of 512K"), "{line}");
}

#[test]
fn the_users_choice_of_collector_compiler_and_end_stands() {
    let switches = |options: &'static str| {
        let (mut environment, limit) = environment("256M");
        environment.java_tool_options = Some(options);
        fit::calculate(&libjvm::Inputs { environment, limit, classes: &CLASSES }).unwrap().switches
    };
    for (options, absent) in [
        ("-XX:+UseG1GC", "-XX:+UseSerialGC"),
        ("-XX:-UseSerialGC", "-XX:+UseSerialGC"),
        ("-XX:+UseShenandoahGC", "-XX:+UseSerialGC"),
        ("-XX:TieredStopAtLevel=4", "-XX:TieredStopAtLevel=1"),
        ("-Xint", "-XX:TieredStopAtLevel=1"),
        ("-XX:+CrashOnOutOfMemoryError", "-XX:+ExitOnOutOfMemoryError"),
        ("-XX:-ExitOnOutOfMemoryError", "-XX:+ExitOnOutOfMemoryError"),
        ("\"-XX:OnOutOfMemoryError=kill %p\"", "-XX:+ExitOnOutOfMemoryError"),
    ] {
        let switches = switches(options);
        assert!(!switches.contains(absent), "{options}: {switches}");
        assert_eq!(switches.split(" -XX:").filter(|word| word.starts_with(['+', 'T'])).count(), 2, "{switches}");
    }
}

/// What a collector needs is not given to the heap; what C2 needs is there where the user asks for it.
#[test]
fn the_users_choice_is_counted() {
    let with = |options: &str, limit| {
        fit::plan(&Request::default(), &Facts { options: Options::read(options), ..zipkin(limit) })
    };
    let without = with("", 1024).unwrap();
    for (options, own) in [
        ("-XX:+UseSerialGC", 0..1),
        ("-XX:+UseParallelGC", 25..40),
        ("-XX:+UseG1GC", 70..90),
        ("-XX:+UseZGC", 78..90),
        ("-XX:+UseShenandoahGC", 20..30),
        ("-XX:+UseZGC -XX:+UseParallelGC", 25..40),
    ] {
        let plan = with(options, 1024).unwrap();
        let more = plan.native - without.native;
        assert!(own.contains(&(more / MEBI)), "{options}: {plan:?}");
        let less = without.regions.heap.bytes - plan.regions.heap.bytes;
        assert!((more * 3 / 4..=more + size::KIBI).contains(&less), "{options}: {less} less, {more} more");
    }
    assert!(with("-XX:+UseZGC", 192).is_err() && with("", 192).is_ok());
    let both = with("-XX:TieredStopAtLevel=4", 256).unwrap();
    assert!(!both.quick_compiler_only && both.regions.stack.bytes == MEBI, "{both:?}");
    assert!(both.native >= with("", 256).unwrap().native + 7 * MEBI, "{both:?}");
    assert!(with("-XX:TieredStopAtLevel=4", 192).is_err());
    let quick = with("-XX:TieredStopAtLevel=1", 1024).unwrap();
    assert!(quick.quick_compiler_only && quick.adapted.is_empty() && quick.regions.stack.bytes == MEBI, "{quick:?}");
}

/// A percentage is a wish, since it is relative; a first heap is a floor, since the JVM would not start.
#[test]
fn percentages_and_first_heaps() {
    let with =
        |options: &str| fit::plan(&Request::default(), &Facts { options: Options::read(options), ..zipkin(1024) });
    let heap = |options: &str| with(options).unwrap().regions.heap.bytes;
    assert_eq!(heap("-XX:MaxRAMPercentage=25.0"), 256 * MEBI);
    assert_eq!(heap("-XX:MaxRAMPercentage=90"), heap(""));
    let adapted = with("-XX:MaxRAMPercentage=90").unwrap().adapted;
    assert!(
        adapted.len() == 1 && adapted[0].starts_with("heap ") && adapted[0].ends_with("K of 943718K"),
        "{adapted:?}"
    );
    assert_eq!(heap("-XX:MaxRAMPercentage=lots"), heap(""));
    assert_eq!(heap("-XX:MaxRAMFraction=4"), 256 * MEBI);
    let fixed = with("-XX:MaxHeapSize=100m -XX:ThreadStackSize=2048").unwrap().regions;
    assert_eq!((fixed.heap.bytes, fixed.stack.bytes), (100 * MEBI, 2 * MEBI));
    assert_eq!([fixed.heap.origin, fixed.stack.origin], [libjvm::Origin::User; 2]);
    assert!(heap("-Xms300m") >= heap(""));
    assert_eq!(with("-Xmx100m -XX:MaxHeapSize=300m").unwrap().regions.heap.bytes, 300 * MEBI);
    assert_eq!(heap("-XX:MaxRAMPercentage=0"), 2 * MEBI);
    assert_eq!(with("-Xms900m -XX:MinHeapSize=8m").unwrap_err().least.heap, 900 * MEBI);
    let error = with("-Xms900m").unwrap_err();
    assert_eq!(error.least.heap, 900 * MEBI);
}

/// What G1 needs where the JVM chooses it: of what nobody wants, else of the heap, and never so that a wish or a floor fails.
#[test]
fn the_collector_that_the_jvm_chooses_is_counted() {
    let with = |options: &str, limit| {
        fit::plan(&Request::default(), &Facts { options: Options::read(options), ..zipkin(limit) }).unwrap()
    };
    let half = with("-XX:MaxRAMPercentage=50", 4096);
    assert!(half.regions.heap.bytes == 2048 * MEBI && !half.serial && half.adapted.is_empty(), "{half:?}");
    assert!(half.native > with("", 1024).native + 190 * MEBI, "{half:?}");
    let floor = with("-Xms1450m", 1792);
    assert!(floor.regions.heap.bytes >= 1450 * MEBI && floor.serial, "{floor:?}");
    let fixed = with("-Xmx1450m", 1792);
    assert!(fixed.serial && fixed.regions.heap.bytes == 1450 * MEBI, "{fixed:?}");
    assert!(!with("-Xmx1000m", 1792).serial);
}

#[test]
fn the_users_regions_are_never_changed() {
    let request = Request {
        code_cache: Some(128 * MEBI),
        metaspace: Some(100 * MEBI),
        stack: Some(MEBI),
        heap: Some(70 * MEBI),
        direct: Some(MEBI),
    };
    let regions = fit::plan(&request, &zipkin(512)).unwrap().regions;
    let sizes = [regions.code_cache, regions.metaspace, regions.stack, regions.heap, regions.direct];
    assert_eq!(sizes.map(|region| region.bytes / MEBI), [128, 100, 1, 70, 1]);
    let error = fit::plan(&Request { heap: Some(450 * MEBI), ..Request::default() }, &zipkin(512)).unwrap_err();
    assert_eq!(error.least.heap, 450 * MEBI);
}

#[test]
fn a_refusal_names_what_would_do() {
    let (environment, limit) = environment("100M");
    let inputs = libjvm::Inputs { environment, limit, classes: &CLASSES };
    let error = fit::calculate(&inputs).unwrap_err().to_string();
    assert!(
        error.starts_with("unable to calculate memory configuration\nthe least that is known to work is "),
        "{error}"
    );
    let facts = zipkin(100);
    let advice = fit::Advice::fitted(&Request::default(), &facts);
    let limit = advice.limit.unwrap();
    assert!(
        error.contains(&format!("  limit: a memory limit of at least {} (now 100M)", size::print(limit))),
        "{error}"
    );
    plan(&Facts { total: limit, ..facts });
    fit::plan(&Request::default(), &Facts { total: limit - MEBI, ..facts }).unwrap_err();
    for changed in [
        Facts {
            threads: advice.threads.unwrap_or(250),
            total: if advice.threads.is_some() { facts.total } else { limit },
            ..facts
        },
        Facts { classes: Classes::Loaded(advice.classes.unwrap()), ..facts },
    ] {
        plan(&changed);
    }
}

#[test]
fn a_measured_profile_takes_the_place_of_estimates() {
    let text = "java=17 classes=11176 metaspace=59700000 code=20300000 live=26300000 direct=17100000 threads=222 \
                stacks=24000000 native=31000000 files=33000000";
    let profile: Profile = text.parse().unwrap();
    assert_eq!(profile.to_string(), text);
    let measured = plan(&Facts { profile: Some(profile), ..zipkin(256) });
    assert!((59_700_000..70_000_000).contains(&measured.regions.metaspace.bytes), "{measured:?}");
    assert!(plan(&zipkin(256)).quick_compiler_only && !measured.quick_compiler_only, "{measured:?}");
    for (broken, why) in [
        ("", "`java` is missing"),
        ("java=17", "`classes` is missing"),
        ("java", "`java` is not a name"),
        ("java=-1", "`java=-1` is not a name"),
        ("java=99999999999999999999", "`java=99999999999999999999` is not a name"),
    ] {
        assert!(broken.parse::<Profile>().unwrap_err().to_string().starts_with(why), "{broken}");
    }
    assert_eq!(format!("{text} later=1").parse(), Ok(profile));
    let more = format!("{text} compiler=9000000 agents=25000000");
    assert_eq!(more.parse::<Profile>().unwrap().to_string(), more);
}

#[test]
fn a_profile_of_another_java_or_a_broken_one_is_noticed() {
    for (feature, text, warning) in [
        ("17", "java=17 classes=1 metaspace=1 code=1 live=1 direct=1 threads=1 stacks=1 native=1 files=1", None),
        (
            "21",
            "java=17 classes=1 metaspace=1 code=1 live=1 direct=1 threads=1 stacks=1 native=1 files=1",
            Some("it is of Java 17, and this is Java 21"),
        ),
        ("17", "java=17 classes", Some("`classes` is not a name")),
    ] {
        let (mut environment, limit) = environment("512M");
        (environment.java_feature, environment.profile) = (Some(feature), Some(text));
        let calculated = fit::calculate(&libjvm::Inputs { environment, limit, classes: &CLASSES }).unwrap();
        match warning {
            None => assert_eq!(calculated.log, [""; 0]),
            Some(why) => {
                assert!(calculated.log[0].contains(&format!("profile is not used: {why}")), "{:?}", calculated.log);
            }
        }
    }
}

fn request() -> impl Strategy<Value = Request> {
    let region = || prop::option::weighted(0.2, 0..2_000 * MEBI);
    (region(), region(), region(), region(), prop::option::weighted(0.2, 0..8 * MEBI))
        .prop_map(|(direct, heap, metaspace, code_cache, stack)| Request { direct, heap, metaspace, code_cache, stack })
}

fn classes() -> impl Strategy<Value = Classes> {
    prop_oneof![
        (0..200_000_i64).prop_map(Classes::Loaded),
        (0..400_000_i64).prop_map(Classes::Present),
        (0..400_000_i64).prop_map(|likely| Classes::Likely { present: likely, likely }),
    ]
}

const COLLECTORS: [Collector; 5] =
    [Collector::Serial, Collector::G1, Collector::Parallel, Collector::Z, Collector::Shenandoah];

fn options() -> impl Strategy<Value = Options> {
    let parts = (
        prop::option::weighted(0.2, prop::sample::select(COLLECTORS.to_vec())),
        prop::option::weighted(0.2, any::<bool>()),
        prop_oneof![4 => Just(0), 1 => 0..512 * MEBI],
        prop::option::weighted(0.1, 0.0..100.0),
    );
    parts.prop_map(|(collector, optimises, initial_heap, heap_percent)| Options {
        collector,
        optimises,
        initial_heap,
        least_heap: initial_heap / 2,
        heap_percent,
        heap: None,
        stack: None,
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    let bytes = || 0..512 * MEBI;
    let profile = prop::option::weighted(
        0.3,
        (bytes(), bytes(), bytes(), bytes(), bytes(), 0..500_i64, prop::option::of(bytes()), 0..MEBI),
    );
    let profile = profile.prop_map(|found| {
        found.map(|(metaspace, code, live, direct, native, threads, compiler, agents)| Profile {
            compiler,
            agents,
            java: 17,
            classes: 10_000,
            metaspace,
            code,
            live,
            direct,
            threads,
            stacks: threads * 100_000,
            native,
            files: 20 * MEBI,
        })
    });
    (0..4_096 * MEBI, 0..100_i64, 0..2_000_i64, classes(), prop::option::of(8..30_i64), profile, options()).prop_map(
        |(total, head_room, threads, classes, java, profile, options)| Facts {
            total,
            head_room,
            threads,
            classes,
            java,
            profile,
            options,
        },
    )
}

/// Every size of a plan.
fn sizes(plan: &Plan) -> [i64; 8] {
    let Regions { heap, metaspace, code_cache, direct, stack, .. } = plan.regions;
    [heap.bytes, metaspace.bytes, code_cache.bytes, direct.bytes, stack.bytes, plan.stacks, plan.native, plan.files]
}

/// What is given out, the spare part included.
fn sum(plan: &Plan) -> i64 {
    let Regions { heap, metaspace, code_cache, direct, head_room, .. } = plan.regions;
    let regions = heap.bytes + metaspace.bytes + code_cache.bytes + direct.bytes;
    regions + plan.stacks + plan.native + plan.files + plan.spare + head_room
}

/// By how much a limit is larger: little, where rounding would be seen, and much.
fn larger() -> impl Strategy<Value = i64> {
    prop_oneof![(0..2_048_i64).prop_map(|more| more * size::KIBI), 0..2_048 * MEBI]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_048))]

    #[test]
    fn all_of_the_limit_and_no_more_is_given_out(request in request(), facts in facts()) {
        match fit::plan(&request, &facts) {
            Ok(plan) => {
                prop_assert_eq!(sum(&plan), facts.total);
                prop_assert!(plan.regions.heap.bytes >= 0 && plan.spare >= 0);
                let floor = facts.options.initial_heap / size::KIBI * size::KIBI;
                prop_assert!(request.heap.is_some() || plan.regions.heap.bytes >= floor, "{:?}", plan);
            }
            Err(refusal) => prop_assert!(refusal.required > refusal.usable),
        }
    }

    /// But for the heap where the JVM changes to another collector, which needs memory for itself.
    #[test]
    fn what_fits_fits_a_larger_limit_and_no_region_shrinks(request in request(), facts in facts(), more in larger()) {
        let larger = Facts { total: facts.total + more, ..facts };
        if let Ok(narrow) = fit::plan(&request, &facts) {
            let wide = fit::plan(&request, &larger).unwrap();
            prop_assert!(wide.adapted.len() <= narrow.adapted.len());
            let shrunk = sizes(&wide).iter().zip(sizes(&narrow)).filter(|(wide, narrow)| **wide < *narrow).count();
            prop_assert!(shrunk == 0 || wide.serial != narrow.serial, "{:?}\n{:?}", narrow, wide);
        }
    }

    #[test]
    fn advice_is_true(request in request(), facts in facts()) {
        if fit::plan(&request, &facts).is_err() {
            let advice = fit::Advice::fitted(&request, &facts);
            if let Some(total) = advice.limit {
                let fits = |total| fit::plan(&request, &Facts { total, ..facts }).is_ok();
                prop_assert!(fits(total) && !fits(total - MEBI), "{total}");
            }
            if let Some(threads) = advice.threads {
                let fits = fit::plan(&request, &Facts { threads, ..facts }).is_ok();
                prop_assert!(fits, "{threads}");
            }
        }
    }

    #[test]
    fn whatever_the_numbers_nothing_panics(
        direct: Option<i64>, heap: Option<i64>, metaspace: Option<i64>, code_cache: Option<i64>, stack: Option<i64>,
        total: i64, threads: i64, loaded: i64, head_room: i64,
    ) {
        let request = Request { direct, heap, metaspace, code_cache, stack };
        for classes in [Classes::Loaded(loaded), Classes::Present(loaded), Classes::Likely { present: loaded, likely: loaded }] {
            let facts = Facts { total, head_room, threads, classes, java: None, profile: None, options: Options::default() };
            let _ = fit::plan(&request, &facts);
            let _ = fit::Advice::fitted(&request, &facts).lines();
        }
    }

    #[test]
    fn no_text_makes_it_panic(
        options: String, a: Option<String>, b: Option<String>, c: Option<String>, d: Option<String>, limit: String,
        meminfo: String, profile: String,
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
                profile: Some(&profile),
                ..Default::default()
            },
            limit: libjvm::limit::Limit::Files(libjvm::limit::Sources {
                cgroup_v1: libjvm::limit::File::found("v1", &limit),
                cgroup_v2: libjvm::limit::File::found("v2", &limit),
                meminfo: libjvm::limit::File::found("info", &meminfo),
            }),
            classes: &libjvm::KnownClasses::default(),
        };
        let _ = libjvm::calculate(&inputs);
        let _ = fit::calculate(&inputs);
        let _ = profile.parse::<Profile>();
    }
}
