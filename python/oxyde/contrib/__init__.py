"""What ties Oxyde to other libraries; each package needs the extra of its name."""
