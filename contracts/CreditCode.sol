// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title CreditCode: unified social credit codes by GB 32100-2015
library CreditCode {
    /// The alphabet's 31 characters; I, O, S, V and Z are missing.
    bytes31 private constant ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    uint256 private constant LENGTH = 18;

    /// @notice Whether all 18 characters are of the alphabet and the last one is the check character.
    /// @dev Weights are 3^i mod 31; a check character makes the weighted sum a multiple of 31, and its own weight, at
    /// i = 17, is taken as 1. What the first eight characters stand for is not checked.
    function isValid(bytes18 code) internal pure returns (bool) {
        uint256 sum = 0;
        uint256 weight = 1;
        for (uint256 i = 0; i < LENGTH; ++i) {
            uint256 value = _value(code[i]);
            if (value == ALPHABET.length) return false;
            sum += value * (i == LENGTH - 1 ? 1 : weight);
            weight = weight * 3 % ALPHABET.length;
        }
        return sum % ALPHABET.length == 0;
    }

    /// The character's place in the alphabet, or the alphabet's length.
    function _value(bytes1 character) private pure returns (uint256 value) {
        while (value < ALPHABET.length && ALPHABET[value] != character) ++value;
    }
}
