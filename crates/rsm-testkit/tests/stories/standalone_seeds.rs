//! Seeded programs, hands and faults at a drive without a robot: the record ends as the truth.

use rsm_model::machine::{ArrowCount, all_arrows};
use rsm_testkit::coverage::STAND_ALONE;
use rsm_testkit::script::play;

/// Chance made of a seed: the finaliser of SplitMix64 over a counter.
struct Chance {
    seed: u64,
    drawn: u64,
}

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.drawn += 1;
        let mut value = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(self.drawn << 32);
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (value ^ (value >> 31)) % end
    }
}

/// Three labelled media, medium1 to medium3, which are TAPE1 to TAPE3.
fn three_media() -> String {
    let mut script = String::from(
        "library lab stand-alone tapes=3\nuser alice\nuser bob\nopen alice backup\nopen bob backup\n",
    );
    for number in 1..=3 {
        script += &format!(
            "hand put TAPE{number} drive1\nadvance 11s\nmove alice medium{number} \\Free\\LTO-Ultrium\n\
             hand eject drive1\nhand out drive1\nadvance 11s\n"
        );
    }
    script
}

/// The same script, with a look at the drive after each line that may bring the answer of a mount.
fn with_truth(script: &str) -> String {
    let looked_at = |line: &str| match line.split_whitespace().next() {
        // Nobody is answered by these: the manager hears nothing, or is down.
        Some("library" | "user" | "try" | "hand" | "fault" | "hold" | "mute" | "crash") => {
            format!("{line}\n")
        }
        _ => format!("{line}\nshow truth drive1\n"),
    };
    script.lines().map(looked_at).collect()
}

/// One thing that a program, a person or chance does.
fn any_line(chance: &mut Chance) -> String {
    let number = chance.below(3) + 1;
    let who = ["alice", "bob"][chance.below(2) as usize];
    match chance.below(24) {
        0..=2 => "try hand eject drive1\ntry hand out drive1".to_string(),
        3..=5 => format!("try hand put TAPE{number} drive1"),
        6 => format!("try hand eject drive1\ntry hand out drive1\ntry hand put TAPE{number} drive1"),
        7..=9 => format!("mount {who} medium{number} timeout=30s"),
        10 => format!("mount {who} medium{number} write timeout=1m"),
        11 => format!("dismount {who} medium{number} deferred"),
        12 => format!("dismount {who} medium{number}"),
        13 => format!("inventory {who} {}", ["fast", "omid", "stop"][chance.below(3) as usize]),
        14 => format!("classify {who} medium{number}"),
        15 => "crash\nstart\nopen alice backup\nopen bob backup".to_string(),
        16 => format!("fault unknown-completion drive1 {}", ["done", "not-done"][chance.below(2) as usize]),
        17 => ["fault reset drive", "mute drive1", "hold drive1", "kill drive1", "release drive1"]
            [chance.below(5) as usize]
            .to_string(),
        // A person brings what is asked for, whatever lies in the drive; now and then it is given on.
        drawn @ 18..=20 => {
            let brought = format!(
                "mount {who} medium{number} timeout=2m\ntry hand eject drive1\ntry hand out drive1\n\
                 try hand put TAPE{number} drive1\nadvance 12s"
            );
            match drawn {
                18 => {
                    format!("{brought}\ndismount {who} medium{number}\nmount bob medium{number} timeout=30s")
                }
                _ => brought,
            }
        }
        _ => format!("advance {}s", chance.below(25) + 1),
    }
}

/// What a mount is answered is what lies in the drive, whatever hands, crashes and faults did before; and when all is
/// quiet the record is the truth, without a record too many.
#[test]
fn whoever_gets_a_medium_gets_the_right_one() {
    let (before, mut mounts) = (TakenIn::counted(), 0);
    for seed in 0..60 {
        let mut chance = Chance { seed, drawn: 0 };
        let mut script = three_media();
        for _ in 0..40 {
            script += &format!("{}\n", any_line(&mut chance));
        }
        script += "release drive1\ntry hand repair drive1\nadvance 20m\n";
        for medium in ["medium1", "medium2", "medium3"] {
            script += &format!("dismount alice {medium} deferred\n");
        }
        // What a fault left unread somebody has read; each armed fault spoils one reading more.
        let spoiled = script.matches("fault ").count();
        script += &"inventory alice omid\nadvance 16m\n".repeat(5 + spoiled);
        script += "show media\nshow truth drive1\nshow queue\nshow steps\n";
        let told = play(&with_truth(&script));
        mounts += check_mounts(seed, &told);
        check_end(seed, &told);
    }
    assert!(mounts >= 80, "only {mounts} mounts were there to be checked");
    let walked = TakenIn::counted();
    assert!(walked.from_dismountable - before.from_dismountable >= 20, "{before:?}, {walked:?}");
    assert!(walked.from_unloaded - before.from_unloaded >= 20, "{before:?}, {walked:?}");
}

/// How often each arrow by which a drive without a robot takes in what lies in it was walked in this process, by the
/// stories that are played beside this one too. No seed disables the drive, so none walks the one from Loaded:
/// `standalone_trouble` has a story that does.
#[derive(Debug)]
pub(super) struct TakenIn {
    pub from_dismountable: u64,
    pub from_unloaded: u64,
    pub from_loaded: u64,
}

impl TakenIn {
    pub fn counted() -> TakenIn {
        let from = |state: &str| {
            let arrow = |one: &ArrowCount| one.event.starts_with(STAND_ALONE) && one.from == state;
            all_arrows().into_iter().find(arrow).expect("the machine has it").walked
        };
        TakenIn {
            from_dismountable: from("Dismountable"),
            from_unloaded: from("Unloaded"),
            from_loaded: from("Loaded"),
        }
    }
}

/// The lines that the last line of a script with this word was answered with.
fn answer<'t>(lines: &[&'t str], question: &str) -> Vec<&'t str> {
    let begin = lines.iter().rposition(|line| line.starts_with(question)).unwrap_or(lines.len());
    lines.iter().skip(begin + 1).take_while(|line| line.starts_with("    ")).map(|line| line.trim()).collect()
}

/// In the end every medium has its one record, the one in the drive is known to be there, and nothing is left undone.
fn check_end(seed: u64, told: &str) {
    let lines: Vec<&str> = told.lines().collect();
    let media = answer(&lines, "show media");
    assert_eq!(media.len(), 3, "seed {seed}: a record too many or too few\n{told}");
    let recorded: Vec<String> = media
        .iter()
        .filter(|line| line.contains(": drive1,"))
        .filter_map(|line| line.split(':').next())
        .map(|medium| format!("{}: drive1", medium.replace("medium", "TAPE")))
        .collect();
    assert_eq!(recorded, answer(&lines, "show truth"), "seed {seed}\n{told}");
    for what in ["show queue", "show steps"] {
        let left: Vec<&str> =
            answer(&lines, what).into_iter().filter(|line| !line.contains(": Deferred")).collect();
        assert_eq!(left, Vec::<&str>::new(), "seed {seed}\n{told}");
    }
}

/// After the line that brought a mount its answer, at once or later, the truth about the drive was asked for; gives how
/// many mounts there were.
fn check_mounts(seed: u64, told: &str) -> usize {
    let lines: Vec<&str> = told.lines().collect();
    let mut mounts = 0;
    for (at, line) in lines.iter().enumerate() {
        let Some(medium) = mounted(line) else { continue };
        let tape = medium.replace("medium", "TAPE");
        let question = lines[at..].iter().position(|line| line.starts_with("show truth"));
        let truth = question.and_then(|after| lines.get(at + after + 1)).copied().unwrap_or_default();
        assert_eq!(truth.trim(), format!("{tape}: drive1"), "seed {seed}, line {at}\n{told}");
        mounts += 1;
    }
    mounts
}

/// The medium that a line says is mounted now: `mount WHO MEDIUM ...: ERROR_SUCCESS in drive1`, or
/// `WHO hears of mount MEDIUM: ERROR_SUCCESS in drive1`.
fn mounted(line: &str) -> Option<&str> {
    let call = line.strip_suffix(": ERROR_SUCCESS in drive1")?;
    match call.split_once(" hears of mount ") {
        Some((_, medium)) => Some(medium),
        None => call.strip_prefix("mount ")?.split_whitespace().nth(1),
    }
}
