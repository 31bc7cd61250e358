// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The council of authorities that governs the registry
/// @notice M of N authorities decide by proposals. A proposal is a call (target, data) that this contract makes once
/// enough *current* members have voted for it. What only the council may do are functions that this contract (or
/// Certificates, for statuses) accepts only from this contract's own address.
///
/// Members send transactions from their own accounts. A vote counts only while its caster has been a member without a
/// break since casting it. A proposal expires at a block.
interface ICouncil {
    /// @notice A random number that names this registry; it is in everything that is signed.
    function registryId() external view returns (bytes32);

    /// @notice Whether this registry is for tests. Fixed at deployment.
    function test() external view returns (bool);

    /// @notice How many votes a proposal needs.
    function threshold() external view returns (uint8);

    /// @notice The present members, in the order in which they joined.
    function members() external view returns (address[] memory);

    function isMember(address account) external view returns (bool);

    /// @notice A proposal: `executed` is true once carried out; `votes` counts those of present members only.
    function proposal(uint256 id)
        external
        view
        returns (
            address proposer,
            address target,
            bytes memory data,
            uint64 expiresAtBlock,
            bool executed,
            uint8 votes
        );

    /// @notice The registry that took this one's place, or zero. Once named, nothing is anchored here any more;
    /// statuses go on for ever.
    function successor() external view returns (address registry, bytes32 successorId);

    /// @notice Proposes a call to a contract and votes for it; ids count from 1. `expiresAtBlock` is the last block in
    /// which it can be executed; it must lie after the present block.
    function propose(address target, bytes calldata data, uint64 expiresAtBlock) external returns (uint256 id);

    /// @notice Votes for a proposal. Once for each member.
    function vote(uint256 id) external;

    /// @notice Carries out a proposal that has its votes, once. By any member. Reverts with what the call reverted
    /// with, and can then be tried again.
    function execute(uint256 id) external;

    // What the council decides about itself (only through `execute`).

    /// @notice Adds a member and sets the threshold, 1 ≤ threshold ≤ number of members ≤ 32.
    function addMember(address account, uint8 newThreshold) external;

    /// @notice Removes a member and sets the threshold.
    function removeMember(address account, uint8 newThreshold) external;

    /// @notice Lists or unlists an official verifying host (a DNS name such as `verify.example.cn`, at most 253 bytes).
    function setVerifyingHost(string calldata host, bool listed) external;

    /// @notice Names the successor, once.
    function nameSuccessor(address registry, bytes32 successorId) external;

    event RegistryCreated(bytes32 indexed registryId, bool test);
    event MemberAdded(address indexed member, uint8 threshold);
    event MemberRemoved(address indexed member, uint8 threshold);
    event ProposalMade(uint256 indexed id, address indexed proposer, address target, bytes data, uint64 expiresAtBlock);
    event VoteCast(uint256 indexed id, address indexed member);
    event ProposalExecuted(uint256 indexed id, address indexed executor);
    event VerifyingHostSet(string host, bool listed);
    event SuccessorNamed(address indexed registry, bytes32 indexed successorId);

    error NotAMember(address account);
    error AlreadyAMember(address account);
    /// @notice A function that only the council may call, by a passed proposal, was called by someone else.
    error NotTheCouncil(address caller);
    error ThresholdOutOfRange(uint8 threshold, uint256 numberOfMembers);
    error TooManyMembers(uint256 numberOfMembers, uint256 most);
    error ZeroAddress();
    error ZeroRegistryId();
    error NoSuchProposal(uint256 id);
    error ProposalExpired(uint256 id, uint64 expiresAtBlock, uint256 blockNumber);
    error ExpiryNotInFuture(uint64 expiresAtBlock, uint256 blockNumber);
    error AlreadyVoted(uint256 id, address member);
    error AlreadyExecuted(uint256 id);
    error NotEnoughVotes(uint256 id, uint256 votes, uint8 threshold);
    error HostOutOfRange(uint256 length);
    error SuccessorAlreadyNamed(address registry);
    /// @notice A proposal's target is an account without code, so that calling it would do nothing.
    error TargetHasNoCode(address target);
    /// @notice The contract itself was to become a member: its own proposals could then vote.
    error CouncilCannotBeMember();
}
