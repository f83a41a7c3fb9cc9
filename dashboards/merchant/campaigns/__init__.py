"""The shelf of campaigns, the wizard from product to launch, one campaign."""
