//! The remote calls: which request goes to which path and what answers it.
//!
//! Why: a light client has no generated stubs; it posts JSON to a path. This table is its stub. A test holds the
//! table against the services of the descriptors and against the list of implemented functions.
//!
//! Invariant: a path is `/rsm.v1.<Service>/<Function>`, and each request type has exactly one.

use crate::v1;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A request that can be sent.
pub trait Rpc: Serialize + DeserializeOwned {
    /// What answers it.
    type Response: Serialize + DeserializeOwned;
    /// Where it is posted.
    const PATH: &'static str;
}

/// One remote call as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RpcEntry {
    /// Name of the service.
    pub service: &'static str,
    /// Name of the function.
    pub function: &'static str,
    /// Where it is posted.
    pub path: &'static str,
}

macro_rules! rpcs {
    ($($service:literal { $($function:literal: $request:ident => $response:ident;)+ })+) => {
        $($(
            impl Rpc for v1::$request {
                type Response = v1::$response;
                const PATH: &'static str = concat!("/rsm.v1.", $service, "/", $function);
            }
        )+)+

        /// All remote calls.
        pub const RPCS: &[RpcEntry] = &[$($(
            RpcEntry {
                service: $service,
                function: $function,
                path: concat!("/rsm.v1.", $service, "/", $function),
            },
        )+)+];
    };
}

rpcs! {
    "SessionManagement" {
        "OpenNtmsSession": OpenNtmsSessionRequest => OpenNtmsSessionResponse;
        "CloseNtmsSession": CloseNtmsSessionRequest => CloseNtmsSessionResponse;
    }
    "ObjectManagement" {
        "EnumerateNtmsObject": EnumerateNtmsObjectRequest => EnumerateNtmsObjectResponse;
        "GetNtmsObjectInformation": GetNtmsObjectInformationRequest => GetNtmsObjectInformationResponse;
        "SetNtmsObjectInformation": SetNtmsObjectInformationRequest => SetNtmsObjectInformationResponse;
        "DisableNtmsObject": DisableNtmsObjectRequest => DisableNtmsObjectResponse;
        "EnableNtmsObject": EnableNtmsObjectRequest => EnableNtmsObjectResponse;
    }
    "LibraryControl" {
        "InventoryNtmsLibrary": InventoryNtmsLibraryRequest => InventoryNtmsLibraryResponse;
        "CancelNtmsLibraryRequest": CancelNtmsLibraryRequestRequest => CancelNtmsLibraryRequestResponse;
        "GetNtmsRequestOrder": GetNtmsRequestOrderRequest => GetNtmsRequestOrderResponse;
        "SetNtmsRequestOrder": SetNtmsRequestOrderRequest => SetNtmsRequestOrderResponse;
        "DeleteNtmsRequests": DeleteNtmsRequestsRequest => DeleteNtmsRequestsResponse;
        "EjectNtmsMedia": EjectNtmsMediaRequest => EjectNtmsMediaResponse;
        "InjectNtmsMedia": InjectNtmsMediaRequest => InjectNtmsMediaResponse;
        "AccessNtmsLibraryDoor": AccessNtmsLibraryDoorRequest => AccessNtmsLibraryDoorResponse;
        "IdentifyNtmsSlot": IdentifyNtmsSlotRequest => IdentifyNtmsSlotResponse;
        "DismountNtmsDrive": DismountNtmsDriveRequest => DismountNtmsDriveResponse;
    }
    "CleanerManagement" {
        "CleanNtmsDrive": CleanNtmsDriveRequest => CleanNtmsDriveResponse;
        "ReserveNtmsCleanerSlot": ReserveNtmsCleanerSlotRequest => ReserveNtmsCleanerSlotResponse;
        "ReleaseNtmsCleanerSlot": ReleaseNtmsCleanerSlotRequest => ReleaseNtmsCleanerSlotResponse;
        "EjectNtmsCleaner": EjectNtmsCleanerRequest => EjectNtmsCleanerResponse;
        "InjectNtmsCleaner": InjectNtmsCleanerRequest => InjectNtmsCleanerResponse;
    }
    "MediaServices" {
        "MountNtmsMedia": MountNtmsMediaRequest => MountNtmsMediaResponse;
        "DismountNtmsMedia": DismountNtmsMediaRequest => DismountNtmsMediaResponse;
        "CreateNtmsMediaPool": CreateNtmsMediaPoolRequest => CreateNtmsMediaPoolResponse;
        "GetNtmsMediaPoolName": GetNtmsMediaPoolNameRequest => GetNtmsMediaPoolNameResponse;
        "MoveToNtmsMediaPool": MoveToNtmsMediaPoolRequest => MoveToNtmsMediaPoolResponse;
        "AllocateNtmsMedia": AllocateNtmsMediaRequest => AllocateNtmsMediaResponse;
        "DeallocateNtmsMedia": DeallocateNtmsMediaRequest => DeallocateNtmsMediaResponse;
    }
    "DatabaseNotification" {
        "OpenNtmsNotification": OpenNtmsNotificationRequest => OpenNtmsNotificationResponse;
        "WaitForNtmsNotification": WaitForNtmsNotificationRequest => WaitForNtmsNotificationResponse;
        "CloseNtmsNotification": CloseNtmsNotificationRequest => CloseNtmsNotificationResponse;
    }
    "OperatorRequest" {
        "SubmitNtmsOperatorRequest": SubmitNtmsOperatorRequestRequest => SubmitNtmsOperatorRequestResponse;
        "WaitForNtmsOperatorRequest": WaitForNtmsOperatorRequestRequest => WaitForNtmsOperatorRequestResponse;
        "SatisfyNtmsOperatorRequest": SatisfyNtmsOperatorRequestRequest => SatisfyNtmsOperatorRequestResponse;
        "CancelNtmsOperatorRequest": CancelNtmsOperatorRequestRequest => CancelNtmsOperatorRequestResponse;
    }
    "Extension" {
        "KeepAlive": KeepAliveRequest => KeepAliveResponse;
        "WriteBlocks": WriteBlocksRequest => WriteBlocksResponse;
        "ReadBlocks": ReadBlocksRequest => ReadBlocksResponse;
        "History": HistoryRequest => HistoryResponse;
        "ExplainRequest": ExplainRequestRequest => ExplainRequestResponse;
        "Classify": ClassifyRequest => ClassifyResponse;
        "AcknowledgeOperatorRequest": AcknowledgeOperatorRequestRequest => AcknowledgeOperatorRequestResponse;
        "HoldLibrary": HoldLibraryRequest => HoldLibraryResponse;
    }
}
