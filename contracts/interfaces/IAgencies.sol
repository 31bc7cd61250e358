// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Agencies: who may issue what, and with which keys
/// @notice Agencies form a forest of at most five levels. The council registers top-level agencies (parent 0, level 1);
/// a parent registers, suspends and limits its children. Agency ids count from 1.
///
/// Most changes are made by *consent*: officers sign EIP-712 data and anybody sends the transaction. The domain is
/// read from `eip712Domain()` (ERC-5267; name "Yinxin Agencies", version "1"). What they sign is
///
///     Consent(bytes32 registryId,uint32 agency,bytes32 action,uint64 nonce,uint64 deadline)
///
/// `agency` is the agency that changes (for `registerAgency`: the parent), `action` is
/// `keccak256(abi.encode(selector, arguments…))` (the function's selector padded to a word, as `bytes4` is, then all its
/// arguments but the consent), `nonce` is `nonceOf(agency)` and grows by one with every consented change, `deadline` is
/// the last block in which the consent counts. Signatures are 65 bytes (r, s, v) with low s, from distinct signers, at
/// most four.
///
/// Who must consent:
/// - *One of the agency*: a manager of the agency itself. For what only makes it weaker.
/// - *Two for the agency*: two managers of the agency, or one and a manager of its parent. For a top-level agency the
///   council stands for the parent (it executes the call, with one manager's signature).
/// - *One above*: a manager of any ancestor, or the council (which executes the call without signatures).
/// - *Two above*: two managers of one ancestor, or one and a manager of that ancestor's parent, or the council.
/// A signature of a manager of an agency that is suspended, or has a suspended ancestor, counts only for what makes
/// something weaker at its own agency.
interface IAgencies {
    struct Agency {
        /// 0 for a top-level agency.
        uint32 parent;
        /// 1 for a top-level agency, 5 at most.
        uint8 level;
        /// 0: not suspended. Otherwise 1 + the level of who suspended it (1 for the council, 2 for a top-level agency).
        uint8 suspendedBy;
        /// Approvals that a batch needs by the agency's own policy and by its parent's demand; the larger one counts,
        /// never less than one.
        uint8 ownApprovals;
        uint8 demandedApprovals;
        uint32 managers;
        uint32 sequence;
        uint64 registeredAtBlock;
        /// Unified social credit code (GB 32100-2015), 18 characters.
        bytes18 code;
        string name;
    }

    struct Key {
        /// ES256 is 1 (room for others, such as SM2). 0: no such key.
        uint8 algorithm;
        /// Seconds since 1970; a batch anchored in a block before `validFrom`, or at or after `validUntil`, does not
        /// count for this key. `validUntil` 0 means without end.
        uint64 validFrom;
        uint64 validUntil;
        /// Nothing the key signed counts unless anchored in a block before this one; 2^64-1 means no cut-off.
        uint64 cutOffBlock;
        uint64 listedAtBlock;
        bytes32 x;
        bytes32 y;
    }

    struct Consent {
        uint64 deadline;
        bytes[] signatures;
    }

    // Reading.

    function agency(uint32 id) external view returns (Agency memory);
    function agencyByCode(bytes18 code) external view returns (uint32 id);
    function numberOfAgencies() external view returns (uint32);
    function nonceOf(uint32 id) external view returns (uint64);
    /// @notice The capabilities of an officer: a sum of PREPARE 1, APPROVE 2, STATUS 4, MANAGE 8; 0 for a stranger.
    function capabilities(uint32 id, address officer) external view returns (uint8);
    function key(uint32 id, bytes32 kid) external view returns (Key memory);
    /// @notice Whether the agency itself holds the type; to issue, its ancestors must hold it as well.
    function holdsType(uint32 id, uint32 certificateType) external view returns (bool);
    /// @notice The digest of a certificate type's data file, zero if not registered; `retired` if closed for new batches.
    function typeDigest(uint32 certificateType, uint16 version) external view returns (bytes32 digest, bool retired);
    /// @notice Whether the agency or one of its ancestors is suspended.
    function isSuspended(uint32 id) external view returns (bool);
    /// @notice Whether `ancestor` is `id` or above it.
    function isSelfOrAbove(uint32 ancestor, uint32 id) external view returns (bool);
    /// @notice How many approvals a batch of this agency needs now.
    function requiredApprovals(uint32 id) external view returns (uint8);
    /// @notice Reverts with the reason if these officers may not anchor a batch of this type now.
    function requireMayAnchor(
        uint32 id,
        uint32 certificateType,
        uint16 version,
        address preparer,
        address[] calldata approvers
    ) external view;
    /// @notice Reverts unless each officer may change statuses for `id` and it is not suspended; returns its level.
    function requireMayChangeStatus(uint32 id, address[] calldata officers) external view returns (uint8 level);

    // The council (only through ICouncil.execute).

    /// @notice Registers a certificate type's version, once and for ever. Types and versions count from 1.
    function registerType(uint32 certificateType, uint16 version, bytes32 digest) external;
    /// @notice Closes a type's version for new batches, for ever.
    function retireType(uint32 certificateType, uint16 version) external;
    function registerTopAgency(bytes18 code, string calldata name, address firstManager) external returns (uint32 id);
    /// @notice Corrects an agency's code or name.
    function correctAgency(uint32 id, bytes18 code, string calldata name) external;
    /// @notice Names a manager, so that an agency that lost its managers' keys can go on.
    function nameManager(uint32 id, address manager) external;

    // A parent about its children, and what needs consent in general.

    /// @notice Two for `parent`. Registers a child and names its first manager.
    function registerAgency(
        uint32 parent,
        bytes18 code,
        string calldata name,
        address firstManager,
        Consent calldata consent
    ) external returns (uint32 id);
    /// @notice One above. Repeating it from a higher level raises the level that can lift it.
    function suspendAgency(uint32 id, Consent calldata consent) external;
    /// @notice Two above, at the level that suspended it or higher.
    function resumeAgency(uint32 id, Consent calldata consent) external;
    /// @notice Two above, and the ancestors must hold the type. For a top-level agency: the council.
    function grantType(uint32 id, uint32 certificateType, Consent calldata consent) external;
    /// @notice One above, or one of the agency.
    function withdrawType(uint32 id, uint32 certificateType, Consent calldata consent) external;
    /// @notice One above to raise the demand, two above to lower it. At most 3.
    function demandApprovals(uint32 id, uint8 approvals, Consent calldata consent) external;
    /// @notice One of the agency to raise, two for the agency to lower. 1 to 3.
    function setOwnApprovals(uint32 id, uint8 approvals, Consent calldata consent) external;
    /// @notice Sets an officer's capabilities. Two for the agency if any capability is new; one of the agency if it
    /// only takes capabilities away (0 removes the officer).
    function setOfficer(uint32 id, address officer, uint8 capabilities_, Consent calldata consent) external;
    /// @notice Two for the agency. The point must be on P-256. Its `kid` is the RFC 7638 thumbprint, computed here.
    function addKey(
        uint32 id,
        uint8 algorithm,
        bytes32 x,
        bytes32 y,
        uint64 validFrom,
        uint64 validUntil,
        Consent calldata consent
    ) external returns (bytes32 kid);
    /// @notice One of the agency (or one above) to move the cut-off earlier, two above to move it later or lift it.
    function cutOffKey(uint32 id, bytes32 kid, uint64 cutOffBlock, Consent calldata consent) external;

    event TypeRegistered(uint32 indexed certificateType, uint16 indexed version, bytes32 digest);
    event TypeRetired(uint32 indexed certificateType, uint16 indexed version);
    event AgencyRegistered(
        uint32 indexed agency, uint32 indexed parent, uint8 level, bytes18 code, string name, address[] consenters
    );
    event AgencyCorrected(uint32 indexed agency, bytes18 code, string name);
    event AgencySuspended(uint32 indexed agency, uint8 suspendedBy, address[] consenters);
    event AgencyResumed(uint32 indexed agency, address[] consenters);
    event TypeGranted(uint32 indexed agency, uint32 indexed certificateType, address[] consenters);
    event TypeWithdrawn(uint32 indexed agency, uint32 indexed certificateType, address[] consenters);
    event ApprovalsDemanded(uint32 indexed agency, uint8 approvals, address[] consenters);
    event OwnApprovalsSet(uint32 indexed agency, uint8 approvals, address[] consenters);
    event OfficerSet(uint32 indexed agency, address indexed officer, uint8 capabilities, address[] consenters);
    event KeyAdded(
        uint32 indexed agency,
        bytes32 indexed kid,
        uint8 algorithm,
        bytes32 x,
        bytes32 y,
        uint64 validFrom,
        uint64 validUntil,
        address[] consenters
    );
    event KeyCutOff(uint32 indexed agency, bytes32 indexed kid, uint64 cutOffBlock, address[] consenters);

    error NoSuchAgency(uint32 agency);
    error CodeMalformed(bytes18 code);
    error CodeTaken(bytes18 code, uint32 agency);
    error NameOutOfRange(uint256 length);
    error TooDeep(uint32 parent);
    error TypeNotRegistered(uint32 certificateType, uint16 version);
    error TypeAlreadyRegistered(uint32 certificateType, uint16 version);
    error TypeNumberOutOfRange();
    error TypeIsRetired(uint32 certificateType, uint16 version);
    error ZeroDigest();
    error TypeNotHeld(uint32 agency, uint32 certificateType);
    error TypeAlreadyHeld(uint32 agency, uint32 certificateType);
    error AgencyIsSuspended(uint32 agency);
    error NotSuspended(uint32 agency);
    error SuspendedFromAbove(uint32 agency, uint8 suspendedBy);
    error ConsentExpired(uint64 deadline, uint256 blockNumber);
    /// @notice The signatures, as recovered, do not suffice for this change.
    error ConsentInsufficient(address[] signers);
    error TooManySignatures(uint256 given, uint256 most);
    error SignerRepeated(address signer);
    error CapabilitiesOutOfRange(uint8 capabilities);
    error ApprovalsOutOfRange(uint8 approvals);
    error NoChange();
    error LacksCapability(uint32 agency, address officer, uint8 capability);
    error OfficerRepeated(address officer);
    error TooFewApprovals(uint256 given, uint8 required);
    error AlgorithmUnsupported(uint8 algorithm);
    error KeyNotOnCurve(bytes32 x, bytes32 y);
    error KeyAlreadyListed(uint32 agency, bytes32 kid);
    error NoSuchKey(uint32 agency, bytes32 kid);
    error ValidityOutOfOrder(uint64 validFrom, uint64 validUntil);
    error CutOffZero();
}
