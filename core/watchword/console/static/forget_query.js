// Takes the query out of the address bar and the history: that of a callback holds a code and a state.
"use strict";

if (location.search) history.replaceState(null, "", location.pathname);
