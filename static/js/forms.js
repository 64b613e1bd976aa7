// A form that leaves its words to the server (novalidate) still cannot send what the browser cannot read: letters typed for a number would go out as
// nothing at all. Those the browser itself refuses.
document.addEventListener(
  "submit",
  (event) => {
    if (event.submitter?.formNoValidate) return;
    const unread = [...event.target.elements].find((each) => each.validity?.badInput);
    if (!unread) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    unread.reportValidity();
  },
  true,
);
