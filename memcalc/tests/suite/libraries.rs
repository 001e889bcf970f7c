//! Which part of a library's classes is loaded: the table that estimates start from, beside what was measured, and what it
//! would say of an application that had no part in it.

use memcalc::fit::{Classes, Facts, Need, Needs, Options};
use std::collections::BTreeMap;
use std::path::Path;

/// Of the shares that were seen, this one counts, from the smallest to the largest.
const QUANTILE: f64 = 0.6;
/// A package of two names has a row from so many classes on, one of three where it makes such a difference.
const LEAST_PACKAGE: u64 = 20;
const LEAST_DIFFERENCE: u64 = 40;
/// Thousandths of a library without a row, and of the application's own classes.
const UNKNOWN: u64 = 250;
const OWN: u64 = 750;

/// A package of an application: classes there are, and loaded ones.
struct Package {
    name: String,
    present: u64,
    loaded: u64,
}

type Shares = BTreeMap<String, u64>;

fn lines(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn applications() -> BTreeMap<String, Vec<Package>> {
    let mut found: BTreeMap<String, Vec<Package>> = BTreeMap::new();
    for row in lines("packages.tsv") {
        let [application, name, present, loaded] = <[String; 4]>::try_from(row).unwrap();
        let package = Package { name, present: present.parse().unwrap(), loaded: loaded.parse().unwrap() };
        found.entry(application).or_default().push(package);
    }
    found
}

/// The first names of a package, if it has so many.
fn first(name: &str, names: usize) -> Option<&str> {
    let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
    ends.into_iter().nth(names - 1).map(|end| &name[..end])
}

fn shares<'a>(applications: impl Iterator<Item = &'a Vec<Package>>) -> Shares {
    let mut seen: BTreeMap<(usize, String), Vec<(u64, u64)>> = BTreeMap::new();
    for packages in applications {
        let mut sums: BTreeMap<(usize, String), (u64, u64)> = BTreeMap::new();
        for package in packages {
            for depth in [2, 3] {
                if let Some(name) = first(&package.name, depth) {
                    let sum = sums.entry((depth, name.to_owned())).or_default();
                    *sum = (sum.0 + package.present, sum.1 + package.loaded);
                }
            }
        }
        for (name, (present, loaded)) in sums {
            seen.entry(name).or_default().push((loaded * 1000 / present, present));
        }
    }
    let mut found = Shares::new();
    for ((depth, name), of) in seen {
        let most = of.iter().map(|(_, present)| *present).max().unwrap();
        let mut sorted: Vec<u64> = of.iter().map(|(share, _)| *share).collect();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small"
        )]
        let share = sorted[(QUANTILE * (sorted.len() - 1) as f64 + 0.5) as usize];
        let wanted = match depth {
            2 => most >= LEAST_PACKAGE,
            _ => first(&name, 2)
                .and_then(|above| found.get(above))
                .is_some_and(|above| above.abs_diff(share) * most >= LEAST_DIFFERENCE * 1000),
        };
        if wanted {
            found.insert(name, share);
        }
    }
    found
}

fn likely(packages: &[Package], shares: &Shares) -> u64 {
    let share = |name: &str| match name {
        "(own)" => OWN,
        _ => [3, 2].into_iter().find_map(|depth| shares.get(first(name, depth)?)).copied().unwrap_or(UNKNOWN),
    };
    packages.iter().map(|package| package.present * share(&package.name)).sum::<u64>() / 1000
}

fn estimated(packages: &[Package], shares: &Shares) -> Need {
    let likely = i64::try_from(likely(packages, shares)).unwrap();
    let facts = Facts {
        total: 0,
        head_room: 0,
        threads: 0,
        classes: Classes::Likely { present: likely, likely },
        java: Some(17),
        profile: None,
        options: Options::default(),
    };
    Needs::of(&facts).classes
}

/// With arrays, which the log of loaded classes does not tell: 7 % and some, as beside native memory tracking.
fn loaded(packages: &[Package]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousand classes")]
    let told = packages.iter().map(|package| package.loaded).sum::<u64>() as f64;
    1.07 * told + 100.0
}

#[test]
fn the_table_is_what_was_measured() {
    let table: Shares =
        lines("libraries.tsv").into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect();
    assert_eq!(shares(applications().values()), table);
}

/// Applications are estimated by what the others say. Too many classes cost memory; too few would end an application, so no
/// margin is missed on that side.
#[test]
fn an_application_left_out_loads_no_more_than_the_margin() {
    // Little of a library that they bring: H2's console no database, documentation no entity, Zipkin none of its stores. Of
    // Quarkus there is only one other, with Hibernate.
    const TOO_MANY: [&str; 4] = ["documented", "h2", "quarkus", "zipkin"];
    let all = applications();
    assert!(all.len() > 30, "{}", all.len());
    for (name, packages) in &all {
        let others = shares(all.iter().filter(|(other, _)| *other != name).map(|(_, packages)| packages));
        let need = estimated(packages, &others);
        let loaded = loaded(packages);
        #[expect(clippy::cast_precision_loss, reason = "some thousand classes")]
        let (least, usual, most) = (need.least as f64, need.usual as f64, need.most as f64);
        println!("{name}: {usual} classes estimated, {loaded:.0} loaded: {:+.0} %", (usual / loaded - 1.0) * 100.0);
        assert!(loaded <= most, "{name}: {loaded} loaded, {most} estimated at most");
        assert!(least <= loaded || TOO_MANY.contains(&name.as_str()), "{name}: {loaded} loaded, {least} at least");
    }
}
