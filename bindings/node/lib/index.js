"use strict";

const { native } = require("./native.js");
const { DeltaicError } = require("./error.js");
const { Timestamp } = require("./values.js");
const { Table, open, exists, write } = require("./table.js");
const { sync } = require("./sync.js");

module.exports = { DeltaicError, Timestamp, Table, open, exists, write, sync, version: native.version };
