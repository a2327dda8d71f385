//! Properties of all encoders and parsers: what is encoded decodes to itself, and no bytes make a
//! parser panic.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rsm_scsi::cdb_socket::{AnswerFrame, Body, CommandFrame, Frame};
use rsm_scsi::*;

const U24: std::ops::RangeInclusive<u32> = 0..=MAX_TRANSFER_BYTES;

fn address() -> impl Strategy<Value = ElementAddress> {
    any::<u16>().prop_map(ElementAddress)
}

fn element_type() -> impl Strategy<Value = ElementType> {
    proptest::sample::select(ElementType::ALL.to_vec())
}

fn page_control() -> impl Strategy<Value = PageControl> {
    use PageControl::{Changeable, Current, Default, Saved};
    proptest::sample::select(vec![Current, Changeable, Default, Saved])
}

fn transfer() -> impl Strategy<Value = TransferLength> {
    prop_oneof![
        U24.prop_map(|bytes| TransferLength::Variable { bytes }),
        U24.prop_map(|blocks| TransferLength::Fixed { blocks }),
    ]
}

fn requested() -> impl Strategy<Value = RequestedElements> {
    (option::of(element_type()), address(), any::<(u16, bool, bool, bool)>(), U24).prop_map(
        |(element_type, first, (count, volume_tags, device_ids, current_data), allocation_length)| {
            let flags = (volume_tags, device_ids, current_data);
            RequestedElements {
                element_type,
                first,
                count,
                volume_tags: flags.0,
                device_ids: flags.1,
                current_data: flags.2,
                allocation_length,
            }
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    let format = proptest::sample::select(vec![SenseFormat::Fixed, SenseFormat::Descriptor]);
    let page = prop_oneof![Just(InquiryPage::Standard), any::<u8>().prop_map(InquiryPage::Vpd)];
    let action = proptest::sample::select(vec![
        LoadAction::Load,
        LoadAction::Hold,
        LoadAction::Unload,
        LoadAction::UnloadHold,
    ]);
    let unit = proptest::sample::select(vec![SpaceUnit::Blocks, SpaceUnit::Filemarks, SpaceUnit::EndOfData]);
    let removal = proptest::sample::select(vec![MediumRemoval::Allow, MediumRemoval::Prevent]);
    prop_oneof![
        Just(Command::TestUnitReady),
        Just(Command::InitializeElementStatus),
        (format, any::<u8>())
            .prop_map(|(format, allocation_length)| Command::RequestSense { format, allocation_length }),
        (page, any::<u16>())
            .prop_map(|(page, allocation_length)| Command::Inquiry { page, allocation_length }),
        (any::<bool>(), page_control(), 0..64_u8, any::<u8>(), any::<u8>()).prop_map(
            |(no_block_descriptors, control, page, subpage, allocation_length)| Command::ModeSense6 {
                no_block_descriptors,
                control,
                page,
                subpage,
                allocation_length
            }
        ),
        (any::<bool>(), page_control(), 0..64_u8, any::<u8>(), any::<u16>()).prop_map(
            |(no_block_descriptors, control, page, subpage, allocation_length)| Command::ModeSense10 {
                no_block_descriptors,
                control,
                page,
                subpage,
                allocation_length
            }
        ),
        requested().prop_map(Command::ReadElementStatus),
        (address(), address(), address(), any::<bool>()).prop_map(
            |(transport, source, destination, invert)| {
                Command::MoveMedium { transport, source, destination, invert }
            }
        ),
        (action, any::<bool>()).prop_map(|(action, immediate)| Command::LoadUnload { action, immediate }),
        any::<bool>().prop_map(|immediate| Command::Rewind { immediate }),
        (transfer(), any::<bool>()).prop_map(|(length, sili)| {
            let variable = matches!(length, TransferLength::Variable { .. });
            Command::Read6 { length, suppress_incorrect_length: sili && variable }
        }),
        transfer().prop_map(|length| Command::Write6 { length }),
        (U24, any::<bool>()).prop_map(|(count, immediate)| Command::WriteFilemarks6 { count, immediate }),
        (unit, -(1 << 23)..(1 << 23)).prop_map(|(unit, count)| Command::Space6 { unit, count }),
        removal.prop_map(|removal| Command::PreventAllowMediumRemoval { removal }),
        Just(Command::ReadPosition),
        (0..64_u8, any::<u16>(), any::<u16>()).prop_map(|(page, first_parameter, allocation_length)| {
            Command::LogSense(RequestedLog { page, first_parameter, allocation_length })
        }),
        disc_command(),
    ]
}

fn disc_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::ReadCapacity10),
        Just(Command::SynchronizeCache10),
        any::<u16>().prop_map(|allocation_length| Command::GetConfiguration { allocation_length }),
        any::<(u32, u16)>().prop_map(|(first, blocks)| Command::Read10 { first, blocks }),
        any::<(u32, u16)>().prop_map(|(first, blocks)| Command::Write10 { first, blocks }),
    ]
}

fn disc_action() -> impl Strategy<Value = DiscAction> {
    use DiscAction::{Eject, Load, Start, Stop};
    proptest::sample::select(vec![Start, Stop, Load, Eject])
}

fn disc_kind() -> impl Strategy<Value = DeviceKind> {
    proptest::sample::select(vec![DeviceKind::Disk, DeviceKind::CdDvd, DeviceKind::OpticalMemory])
}

fn tag() -> impl Strategy<Value = VolumeTag> {
    ("[!-~]([ -~]{0,30}[!-~])?", any::<u16>())
        .prop_map(|(code, sequence)| VolumeTag::new(&code).expect("printable").with_sequence(sequence))
}

fn code_set() -> impl Strategy<Value = CodeSet> {
    proptest::sample::select(vec![CodeSet::Binary, CodeSet::Ascii, CodeSet::Utf8, CodeSet::Other(9)])
}

fn designator_kind() -> impl Strategy<Value = DesignatorKind> {
    use DesignatorKind::{Eui64, Naa, Other, T10VendorId, VendorSpecific};
    proptest::sample::select(vec![VendorSpecific, T10VendorId, Eui64, Naa, Other(8)])
}

fn device_id() -> impl Strategy<Value = DeviceIdentifier> {
    (code_set(), designator_kind(), vec(1..=255_u8, 1..60))
        .prop_map(|(code_set, kind, bytes)| DeviceIdentifier { code_set, kind, bytes })
}

fn element() -> impl Strategy<Value = Element> {
    let bits = any::<(bool, bool, bool, bool, bool)>();
    let port = any::<(bool, bool, bool)>();
    let codes = any::<(u8, u8)>();
    let known = (option::of(address()), option::of(tag()), option::of(tag()), option::of(device_id()));
    (element_type(), address(), bits, port, codes, known).prop_map(
        |(kind, address, bits, port, codes, known)| {
            let mut element = Element::empty(kind, address);
            (element.full, element.except, element.disabled, element.inverted) =
                (bits.0, bits.2, bits.3, bits.4);
            element.access = bits.1 && kind != ElementType::MediumTransport;
            (element.asc, element.ascq) = codes;
            if let Some(state) = &mut element.import_export {
                (state.placed_by_hand, state.import_enabled, state.export_enabled) = port;
            }
            (element.source, element.primary_tag, element.alternate_tag, element.device_id) = known;
            element
        },
    )
}

fn sense() -> impl Strategy<Value = Sense> {
    let field = (any::<bool>(), any::<u16>(), option::of(0..8_u8))
        .prop_map(|(in_cdb, byte, bit)| FieldPointer { in_cdb, byte, bit });
    let bits = any::<(bool, bool, bool, bool, bool)>();
    (0..16_u8, any::<(u8, u8)>(), bits, option::of(any::<u64>()), option::of(field)).prop_map(
        |(key, (asc, ascq), bits, information, field)| {
            let mut sense = Sense::new(SenseKey::from_bits(key), asc, ascq);
            (sense.filemark, sense.end_of_medium, sense.incorrect_length) = (bits.0, bits.1, bits.2);
            if bits.3 {
                sense.timing = SenseTiming::Deferred;
            }
            sense.information = information;
            sense.field = field;
            if bits.4 {
                sense.format = SenseFormat::Descriptor;
            } else {
                sense.information = information.map(|value| value & 0xFFFF_FFFF);
            }
            sense
        },
    )
}

fn designator() -> impl Strategy<Value = Designator> {
    let association = proptest::sample::select(vec![
        Association::LogicalUnit,
        Association::TargetPort,
        Association::TargetDevice,
        Association::Reserved,
    ]);
    (option::of(0..16_u8), code_set(), association, designator_kind(), vec(any::<u8>(), 0..255)).prop_map(
        |(protocol, code_set, association, kind, bytes)| Designator {
            protocol,
            code_set,
            association,
            kind,
            bytes,
        },
    )
}

fn mode_page() -> impl Strategy<Value = ModePage> {
    let range = (address(), any::<u16>()).prop_map(|(first, count)| ElementRange { first, count });
    let set =
        proptest::sample::subsequence(ElementType::ALL.to_vec(), 0..=4).prop_map(|all| ElementSet::of(&all));
    let sets = proptest::array::uniform4(set.clone());
    prop_oneof![
        proptest::array::uniform4(range).prop_map(|[transports, slots, ports, drives]| {
            ModePage::ElementAddressAssignment(ElementAddressAssignment { transports, slots, ports, drives })
        }),
        (set, sets.clone(), sets).prop_map(|(storage, moves, exchanges)| {
            ModePage::DeviceCapabilities(DeviceCapabilities { storage, moves, exchanges })
        }),
        (0..0x1D_u8, vec(any::<u8>(), 0..40))
            .prop_map(|(code, parameters)| ModePage::Other { code, parameters }),
    ]
}

fn mode_parameters() -> impl Strategy<Value = ModeParameters> {
    let block = (any::<u8>(), U24, U24).prop_map(|(density, blocks, block_length_bytes)| BlockDescriptor {
        density,
        blocks,
        block_length_bytes,
    });
    (any::<u8>(), any::<u8>(), option::of(block), vec(mode_page(), 0..4)).prop_map(
        |(medium_type, device_specific, block_descriptor, pages)| ModeParameters {
            medium_type,
            device_specific,
            block_descriptor,
            pages,
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    let data = || vec(any::<u8>(), 0..100);
    prop_oneof![
        (any::<(u32, u32)>(), data(), data()).prop_map(|((lun, allocation_length), cdb, data_out)| {
            Body::Command(CommandFrame { lun, cdb, allocation_length, data_out })
        }),
        (any::<u8>(), data(), data()).prop_map(|(status, sense, data_in)| Body::Answer(AnswerFrame {
            status,
            sense,
            data_in
        })),
        ".*".prop_map(Body::Control),
        ".*".prop_map(Body::ControlAnswer),
    ]
}

proptest! {
    #[test]
    fn commands(command in command()) {
        prop_assert_eq!(Command::decode(command.encode().as_bytes()), Ok(command));
    }

    #[test]
    fn commands_to_disc_drives(
        kind in disc_kind(), command in disc_command(), action in disc_action(), immediate in any::<bool>(),
    ) {
        for command in [command, Command::StartStopUnit { action, immediate }] {
            prop_assert_eq!(Command::decode_for(kind, command.encode().as_bytes()), Ok(command));
        }
    }

    #[test]
    fn ports_of_changers(port in address(), opens in any::<bool>()) {
        let action = if opens { PortAction::Open } else { PortAction::Close };
        let command = Command::OpenCloseImportExport { port, action };
        prop_assert_eq!(Command::decode_for(DeviceKind::MediaChanger, command.encode().as_bytes()), Ok(command));
    }

    #[test]
    fn log_pages(code in 1..64_u8, parameters in vec((any::<u16>(), any::<u8>(), vec(any::<u8>(), 0..300)), 0..9)) {
        let parameters = parameters.into_iter().map(|(code, control, mut value)| {
            value.truncate(255);
            LogParameter { code, control, value }
        });
        let page = LogPage { code, parameters: parameters.collect() };
        prop_assert_eq!(LogPage::decode(&page.encode()), Ok(page));
    }

    #[test]
    fn log_pages_cut_anywhere_hold_only_true_parameters(bits in any::<u64>(), cut in 4..400_usize) {
        let alerts: TapeAlerts =
            (1..=64).filter(|number| bits >> (number - 1) & 1 == 1).filter_map(TapeAlert::new).collect();
        let whole = alerts.page();
        prop_assert_eq!(TapeAlerts::of_page(&whole), Ok(alerts));
        let mut bytes = whole.encode();
        bytes.truncate(cut);
        let page = LogPage::decode(&bytes).unwrap();
        prop_assert_eq!(page.parameters.len(), ((cut - 4) / 5).min(64));
        prop_assert_eq!(page.parameters.as_slice(), &whole.parameters[..page.parameters.len()]);
        prop_assert_eq!(TapeAlerts::of_page(&page).unwrap().iter().count() <= bits.count_ones() as usize, true);
    }

    #[test]
    fn capacities_profiles_and_positions(
        words in any::<(u32, u32, u16)>(), flags in any::<(bool, bool)>(), location in option::of(any::<u32>()),
    ) {
        let capacity = DiscCapacity { last_block: words.0, block_bytes: words.1 };
        prop_assert_eq!(DiscCapacity::decode(&capacity.encode()), Ok(capacity));
        let profile = DiscProfile(words.2);
        prop_assert_eq!(DiscProfile::decode(&profile.encode()), Ok(profile));
        let position = TapePosition { at_beginning: flags.0, at_end: flags.1, location };
        prop_assert_eq!(TapePosition::decode(&position.encode()), Ok(position));
    }

    #[test]
    fn element_status(elements in vec(element(), 0..12)) {
        let contents = DescriptorContents { primary_tags: true, alternate_tags: true, device_ids: true };
        let answer = ElementStatus::decode(&ElementStatus::encode(&elements, contents)).unwrap();
        prop_assert_eq!(answer.elements, elements);
        prop_assert_eq!(answer.completeness, Completeness::Complete);
    }

    #[test]
    fn element_status_cut_anywhere_reports_only_true_elements(elements in vec(element(), 1..8), cut in 8..2000_usize) {
        let contents = DescriptorContents { primary_tags: true, alternate_tags: false, device_ids: false };
        let mut bytes = ElementStatus::encode(&elements, contents);
        bytes.truncate(cut);
        let answer = ElementStatus::decode(&bytes).unwrap();
        for (seen, sent) in answer.elements.iter().zip(&elements) {
            let tag = |e: &Element| e.primary_tag.as_ref().map(|t| t.identifier().to_owned());
            prop_assert_eq!((seen.address, seen.full, tag(seen)), (sent.address, sent.full, tag(sent)));
        }
        let complete = answer.completeness == Completeness::Complete;
        prop_assert_eq!(complete, answer.elements.len() == elements.len());
    }

    #[test]
    fn senses(sense in sense()) {
        prop_assert_eq!(Sense::decode(&sense.encode()), Ok(sense));
    }

    #[test]
    fn residuals(value in i64::from(i32::MIN)..=i64::from(i32::MAX), descriptor in any::<bool>()) {
        let mut sense = Sense::new(SenseKey::NoSense, 0, 0);
        if descriptor {
            sense.format = SenseFormat::Descriptor;
        }
        let sense = sense.with_residual(value);
        prop_assert_eq!(Sense::decode(&sense.encode()).unwrap().residual(), Some(value));
    }

    #[test]
    fn identifications(designators in vec(designator(), 0..6)) {
        let page = DeviceIdentification { designators };
        prop_assert_eq!(DeviceIdentification::decode(&page.encode(DeviceKind::SequentialAccess)), Ok(page));
    }

    #[test]
    fn device_kinds(byte in 0..0x20_u8, vendor in "[!-~]{8}") {
        let mut data = vec![0; 36];
        data[0] = byte;
        data[4] = 31;
        data[8..16].copy_from_slice(vendor.as_bytes());
        let inquiry = StandardInquiry::decode(&data).unwrap();
        prop_assert_eq!(inquiry.kind.is_disc(), matches!(byte, 0x00 | 0x05 | 0x07));
        prop_assert_eq!(inquiry.encode()[0] & 0x1F, byte);
    }

    #[test]
    fn inquiries(vendor in "[!-~]{0,8}", product in "[!-~]{0,16}", revision in "[!-~]{0,4}", bits in any::<(bool, u8)>()) {
        let inquiry = StandardInquiry {
            kind: DeviceKind::SequentialAccess, removable: bits.0, version: bits.1, vendor, product, revision,
        };
        prop_assert_eq!(StandardInquiry::decode(&inquiry.encode()), Ok(inquiry));
    }

    #[test]
    fn serials_and_page_lists(serial in "[!-~]{0,40}", pages in vec(any::<u8>(), 0..40)) {
        let page = UnitSerialNumber { serial };
        prop_assert_eq!(UnitSerialNumber::decode(&page.encode(DeviceKind::MediaChanger)), Ok(page));
        let page = SupportedPages { pages };
        prop_assert_eq!(SupportedPages::decode(&page.encode(DeviceKind::MediaChanger)), Ok(page));
    }

    #[test]
    fn mode_pages(parameters in mode_parameters()) {
        for size in [ModeHeaderSize::Six, ModeHeaderSize::Ten] {
            prop_assert_eq!(ModeParameters::decode(&parameters.encode(size), size), Ok(parameters.clone()));
        }
    }

    #[test]
    fn frames(tag in any::<u64>(), body in body()) {
        let frame = Frame { tag, body };
        let mut stream = Vec::new();
        frame.write_to(&mut stream).unwrap();
        frame.write_to(&mut stream).unwrap();
        let mut rest = stream.as_slice();
        for _ in 0..2 {
            prop_assert_eq!(Frame::read_from(&mut rest).unwrap(), Some(frame.clone()));
        }
        prop_assert!(Frame::read_from(&mut rest).unwrap().is_none());
    }

    #[test]
    fn statuses(byte in any::<u8>()) {
        prop_assert_eq!(ScsiStatus::from_byte(byte).to_byte(), byte);
    }

    /// Arbitrary bytes, also behind heads that parsers take for their own.
    #[test]
    fn no_bytes_make_a_parser_panic(
        head in proptest::sample::select(vec![
            vec![], vec![0x70], vec![0x72], vec![0, 0x80], vec![0, 0x83], vec![0xFF, 0, 0, 0], vec![0xB8], vec![0x11], vec![0x1B], vec![0x4D], vec![0x2E, 0], vec![0x0C, 0, 0, 9], vec![0x2A], vec![0x34],
            vec![0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 2, 0xC0, 0, 84, 0], vec![0, 0, 0xFF, 0xFF, 0, 0xFF, 0xFF, 0xFF, 4],
        ]),
        tail in vec(any::<u8>(), 0..300),
    ) {
        let bytes = [head, tail].concat();
        let _ = Command::decode(&bytes);
        let _ = Command::decode_for(DeviceKind::CdDvd, &bytes);
        let _ = Command::decode_for(DeviceKind::MediaChanger, &bytes);
        let _ = LogPage::decode(&bytes).map(|page| (TapeAlerts::of_page(&page), page.cleaning_requested()));
        let _ = DiscCapacity::decode(&bytes).map(|capacity| capacity.bytes());
        let _ = DiscProfile::decode(&bytes);
        let _ = TapePosition::decode(&bytes);
        let _ = ElementStatus::decode(&bytes);
        let _ = Sense::decode(&bytes).map(|sense| (judge(&sense), sense.residual(), sense.encode()));
        let _ = StandardInquiry::decode(&bytes);
        let _ = SupportedPages::decode(&bytes);
        let _ = UnitSerialNumber::decode(&bytes);
        let _ = DeviceIdentification::decode(&bytes);
        let _ = ModeParameters::decode(&bytes, ModeHeaderSize::Six);
        let _ = ModeParameters::decode(&bytes, ModeHeaderSize::Ten);
        let _ = VolumeTag::decode(&bytes);
        let _ = T10VendorId::decode(&bytes);
        let _ = Frame::decode(&bytes);
        let _ = Frame::read_from(&mut bytes.as_slice());
    }
}
