//! Pools and what is owned in them: from a cartridge nobody knows to one that is given back (processes 5 to 7).

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// The whole life: intake, label read, free label, allocation, a mount that writes, deallocation.
#[test]
fn a_cartridge_goes_through_all_pools() {
    assert_snapshot!(play(r"
        library drives=1 media=2
        user alice
        open alice backup
        inventory alice lab
        show media
        classify alice V00001L6
        advance 60s
        show media
        move alice V00001L6 \Free\LTO-6
        show media
        advance 60s
        show media
        pool alice create \Lab type=LTO-6
        allocate alice \Lab fail
        set-pool alice \Lab draw=1 return=1
        allocate alice \Lab fail
        show media
        mount alice V00001L6/lmid write
        write alice drive1 hello
        dismount alice V00001L6/lmid
        advance 60s
        deallocate alice V00001L6/lmid
        show media
        advance 60s
        show media
        show requests
    "), @"");
}
