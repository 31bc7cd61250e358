// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Heads of the registry's hash chains
/// @notice Every contract of the registry keeps, in its first storage slots, the heads of hash chains over everything
/// it ever recorded. Whoever holds the list of events and a proof of these slots knows that nothing was left out.
///
/// A step of a hash chain is
///
///     head' = keccak256(abi.encode(head, block.number, topic0, keccak256(arguments)))
///
/// where `topic0` is the event's signature hash and `arguments` is `abi.encode` of all the event's arguments in their
/// declared order, whether indexed or not. Indexed arguments are value types only, so that a log alone is enough to
/// take the step. The first head is zero. Events that take a step: all of ICouncil's and IAgencies' (rights), and
/// `BatchAnchored` (anchors), `CertificateReplaced` and `StatusChanged` (statuses) of ICertificates.
interface IHeads {
    /// @notice The hash chains. The number is the storage slot of the head, in the contract that writes it:
    /// Certificates writes ANCHORS (slot 0) and STATUSES (slot 1), Agencies writes RIGHTS (slot 2).
    enum Head {
        ANCHORS,
        STATUSES,
        RIGHTS
    }

    /// @notice The present head of one hash chain; zero where this contract writes no such chain.
    function head(Head which) external view returns (bytes32);
}
